import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { startNodeTunnel, startWorkerTunnel } from "../support/tunnel-router.ts";
import { runTunnelWall, WALL_CONFIG } from "./tunnel-wall.ts";

const MIB = 1024 * 1024;

/** Resident bytes of the processes of this name that this process has started; Linux alone tells. */
function residentBytes(name: string): number {
  if (process.platform !== "linux") return 0;
  const children = readdirSync("/proc").filter((entry) => /^\d+$/.test(entry));
  let sum = 0;
  for (const pid of children) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      const field = (key: string): string =>
        new RegExp(`^${key}:\\s+(\\S+)`, "m").exec(status)?.[1] ?? "";
      const ours = Number(field("PPid")) === process.pid && field("Name").startsWith(name);
      if (ours) sum += Number(field("VmRSS")) * 1024;
    } catch {
      // It has ended meanwhile.
    }
  }
  return sum;
}

/** What this process still needs, callers of the wall included. */
function heapBytes(): number {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect === "function") Reflect.apply(collect, undefined, []);
  return process.memoryUsage().heapUsed;
}

/** Waves of streams behind each other, for the memory. */
const WAVES = 5;

/**
 * Streams, all at once, over 20 agents: with everything breaking and restarts; then wave after wave with everything
 * breaking but the router's process, and calm ones. Memory is looked at behind each wave: what is left of the first is
 * what is kept once (compiled code, buffers).
 */
export async function longTunnelWall(
  runtime: "node" | "workerd",
  { streams, seed }: { readonly streams: number; readonly seed: number },
): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), "qwq-fit-wall-"));
  const router =
    runtime === "node"
      ? await startNodeTunnel(join(folder, "nodes.json"), WALL_CONFIG)
      : await startWorkerTunnel(WALL_CONFIG);
  const wrong: string[] = [];
  try {
    const common = { agents: 20, everyMs: 250, beside: streams };
    const tokensPerFault = Math.ceil(streams / 2);
    const rounds = [
      { name: "restarts", streams, tokensPerFault, faultsPerRestart: 25 },
      { name: "breaking", streams: streams * WAVES, tokensPerFault, faultsPerRestart: 0 },
      { name: "calm", streams: streams * WAVES, tokensPerFault: 1e9, faultsPerRestart: 0 },
    ];
    for (const [index, { name, ...round }] of rounds.entries()) {
      const usage: number[] = [];
      const onWave = (): void => {
        usage.push(runtime === "node" ? heapBytes() : residentBytes("workerd"));
      };
      const startedMs = performance.now();
      const all = { ...common, ...round, seed: seed + index, onWave };
      const { wrong: found, whole, told, cut, faults } = await runTunnelWall(router, all);
      wrong.push(...found);
      const tookSeconds = Math.round((performance.now() - startedMs) / 1000);
      console.log(
        `  ${runtime}, ${name}, ${round.streams} streams in ${tookSeconds} s: ${whole} whole, ${told} told that they failed, ${cut} cut with the router; ${JSON.stringify(faults)}`,
      );
      if (name === "restarts") continue;
      const shown = usage.map((bytes) => `${Math.round(bytes / MIB)} MiB`).join(", ");
      const what = runtime === "node" ? "heap after collecting" : "resident";
      console.log(`  ${runtime}, ${name}, ${what} after each ${streams}: ${shown}`);
      const [, first = 0] = usage;
      const last = usage.at(-1) ?? 0;
      if (last > first * 1.2 + 32 * MIB) wrong.push(`memory grows: ${shown}`);
    }
  } finally {
    await router.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return wrong;
}
