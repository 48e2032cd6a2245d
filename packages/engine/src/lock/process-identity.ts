import { readFile } from "node:fs/promises";
import { hostname } from "node:os";

/** A process, told apart from a later one that was given the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** The machine that it runs on. */
  readonly host: string;
  /** Linux's start time in clock ticks since boot; null where the system does not tell. */
  readonly startTicks: number | null;
}

/** This process. */
export async function ownIdentity(): Promise<ProcessIdentity> {
  return { pid: process.pid, host: hostname(), startTicks: await startTicksOf(process.pid) };
}

/**
 * Whether the process is running now. Where start times are not told, a reused number counts as running; so does a process
 * of another machine on a shared file system, which cannot be looked at.
 */
export async function isRunning(identity: ProcessIdentity): Promise<boolean> {
  if (identity.host !== hostname()) return true;
  if (!isAlive(identity.pid)) return false;
  const now = await startTicksOf(identity.pid);
  return identity.startTicks === null || now === null || now === identity.startTicks;
}

/** Whether there is a process of this number, of whichever user. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** Field 22 of /proc/PID/stat (man 5 proc): the name before it stands in brackets and may hold anything. */
async function startTicksOf(pid: number): Promise<number | null> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null);
  const ticks = text?.slice(text.lastIndexOf(")") + 2).split(" ")[19];
  return ticks === undefined ? null : Number(ticks);
}
