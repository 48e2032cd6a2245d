import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

/** Streams, all at once, over 20 agents: with everything breaking, without restarts, and calm, for the memory. */
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
  const usage: number[] = [];
  const look = (): void => {
    const heap = process.memoryUsage().rss;
    usage.push(runtime === "node" ? heap : residentBytes("workerd"));
  };
  try {
    const common = { agents: 20, everyMs: 250, beside: streams };
    const tokensPerFault = Math.ceil(streams / 2);
    const rounds = [
      { name: "restarts", streams, tokensPerFault, faultsPerRestart: 25, seed },
      { name: "no restarts", streams, tokensPerFault, faultsPerRestart: 0, seed: seed + 1 },
      // With nothing breaking, for the memory.
      {
        name: "calm",
        streams: streams * 4,
        tokensPerFault: 1e9,
        faultsPerRestart: 0,
        seed: seed + 2,
      },
    ];
    for (const { name, ...round } of rounds) {
      const onWave = name === "calm" ? { onWave: look } : {};
      const result = await runTunnelWall(router, { ...common, ...round, ...onWave });
      const { whole, told, cut, faults } = result;
      wrong.push(...result.wrong);
      console.log(
        `  ${runtime}, ${name}, ${round.streams} streams: ${whole} whole, ${told} told that they failed, ${cut} cut with the router; ${JSON.stringify(faults)}`,
      );
    }
    const shown = usage.map((bytes) => `${Math.round(bytes / MIB)} MiB`).join(", ");
    console.log(`  ${runtime}, resident after each ${streams}: ${shown}`);
    // The first wave still makes what is kept: compiled code, buffers.
    const [, first = 0] = usage;
    const last = usage.at(-1) ?? 0;
    if (last > first * 1.2 + 32 * MIB) wrong.push(`memory grows: ${shown}`);
  } finally {
    await router.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return wrong;
}
