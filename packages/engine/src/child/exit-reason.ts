import { readFile } from "node:fs/promises";
import type { ProcessExit } from "./engine-process.ts";

/** Why a child died, in words, and whether asking for less may help. */
export interface ExitReason {
  readonly text: string;
  /** True where the plan is likely to blame: memory, a driver, a fault while loading. */
  readonly blamesPlan: boolean;
}

/**
 * Judges an exit. A kill from outside says nothing against the plan; a kill by the kernel for want of memory does, and on
 * Linux its counter tells the two apart. `oomBefore` and `oomAfter` are that counter, null where there is none.
 */
export function exitReason(
  exit: ProcessExit,
  loading: boolean,
  oomBefore: number | null,
  oomAfter: number | null,
): ExitReason {
  if (exit.watchdog !== null) return { text: `it hung: ${exit.watchdog}`, blamesPlan: loading };
  if (exit.signal === "SIGKILL") {
    if (oomBefore === null || oomAfter === null) {
      return { text: "it was killed, perhaps for want of memory", blamesPlan: loading };
    }
    return oomAfter > oomBefore
      ? { text: "the system killed it for want of memory", blamesPlan: true }
      : { text: "it was killed from outside", blamesPlan: false };
  }
  const last = exit.tail.trim().split("\n").at(-1) ?? "";
  const how = exit.signal === null ? `exit code ${exit.code ?? "?"}` : exit.signal;
  return { text: last === "" ? how : `${how}: ${last}`, blamesPlan: true };
}

/** How often the kernel has killed for want of memory; null where it does not tell (proc(5), /proc/vmstat). */
export async function oomKills(): Promise<number | null> {
  try {
    const match = /^oom_kill (\d+)$/mu.exec(await readFile("/proc/vmstat", "utf8"));
    return match?.[1] === undefined ? null : Number(match[1]);
  } catch {
    return null;
  }
}
