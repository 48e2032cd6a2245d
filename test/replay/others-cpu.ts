import { readFileSync } from "node:fs";
import { childrenOf } from "../support/long-command.ts";

/** Linux counts in hundredths of a second (proc(5), USER_HZ). */
const TICK_MS = 10;

const ticksOf = (pid: number): number => {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The program's name is in parentheses and may hold anything; 14th and 15th field are user and system time.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
};

/** Time of all cores that is not idle, time that the host gave to others included. */
function busyTicks(): number {
  const [, user, nice, system, , , irq, soft, steal] = readFileSync("/proc/stat", "utf8")
    .slice(0, 400)
    .split(/\s+/u)
    .map(Number);
  return [user, nice, system, irq, soft, steal].reduce<number>((sum, one) => sum + (one ?? 0), 0);
}

/**
 * Begins to watch what other programs than this one and the server take from the machine; the answer is their share of one
 * core since then, null where it is not Linux.
 */
export function watchOthers(server: number): () => number | null {
  if (process.platform !== "linux") return () => null;
  const own = (): number =>
    [process.pid, server, ...childrenOf(server)].reduce((sum, pid) => sum + ticksOf(pid), 0);
  const [busy, mine, atMs] = [busyTicks(), own(), performance.now()];
  return () =>
    ((busyTicks() - busy - (own() - mine)) * TICK_MS) / Math.max(1, performance.now() - atMs);
}
