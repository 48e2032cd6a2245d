import { spawnSync } from "node:child_process";

/** Wall times of a program's runs in milliseconds, fastest first; null where it cannot be run here. */
export function measure(
  program: string,
  args: readonly string[],
  runs: number,
  cwd?: string,
): number[] | null {
  const times: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const started = performance.now();
    const { error, status } = spawnSync(program, args, {
      stdio: "ignore",
      timeout: 120_000,
      ...(cwd === undefined ? {} : { cwd }),
    });
    // 3 says "does not fit": a verdict all the same
    if (error !== undefined || (status !== 0 && status !== 3)) return null;
    times.push(performance.now() - started);
  }
  return times.toSorted((a, b) => a - b);
}

/** The middle of sorted times. */
export function median(times: readonly number[]): number {
  return times[Math.floor(times.length / 2)] ?? Number.NaN;
}
