import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { setTimeout } from "node:timers/promises";
import { QwqError } from "@qwq-fit/schema";

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When that process started, as the system counts it; tells a process from a later one of the same number. */
  readonly started: string | null;
  readonly nonce: string;
}

/** A lock that is held. */
export interface HeldLock {
  release(): Promise<void>;
}

const POLL_MS = 200;

/**
 * Takes a lock that one process at a time can hold, and that dies with it. Waits for its holder up to `waitMs`.
 * @throws QwqError `locked` (details: pid), `aborted`.
 */
export async function takeLock(
  path: string,
  waitMs: number,
  signal?: AbortSignal,
): Promise<HeldLock> {
  await mkdir(dirname(path), { recursive: true });
  const me: Holder = {
    pid: process.pid,
    host: hostname(),
    started: await startOf(process.pid),
    nonce: randomUUID(),
  };
  const deadline = performance.now() + waitMs;
  for (;;) {
    // Each try waits for the one before.
    // oxlint-disable no-await-in-loop
    if (await create(path, me)) return { release: () => release(path, me) };
    const holder = await readHolder(path);
    if (holder === null || (await isGone(holder))) {
      await clear(path, holder);
      continue;
    }
    if (performance.now() >= deadline) {
      throw new QwqError("locked", "Another process is at work on this.", {
        hint: "Wait until it is done, or stop it.",
        details: { pid: holder.pid, host: holder.host },
      });
    }
    if (signal?.aborted === true) throw new QwqError("aborted", "It was aborted.");
    await setTimeout(POLL_MS);
    // oxlint-enable no-await-in-loop
  }
}

/** Written beside and linked in by name at once, so that nobody reads half of it. */
async function create(path: string, me: Holder): Promise<boolean> {
  try {
    const file = await open(path, "wx");
    try {
      await file.writeFile(JSON.stringify(me));
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

async function release(path: string, me: Holder): Promise<void> {
  const holder = await readHolder(path);
  if (holder?.nonce === me.nonce) await rm(path, { force: true });
}

/** Takes a dead holder's lock away. Of several who try, one moves it; and only if it is still the dead one's. */
async function clear(path: string, dead: Holder | null): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  const moved = await readHolder(aside);
  if (moved !== null && moved.nonce !== dead?.nonce) {
    // Somebody took it in between: it goes back, unless a third one has it by now.
    await rename(aside, path).catch(() => {});
    return;
  }
  await rm(aside, { force: true });
}

async function readHolder(path: string): Promise<Holder | null> {
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      // oxlint-disable-next-line no-await-in-loop
      const value: unknown = JSON.parse(await readFile(path, "utf8"));
      if (isHolder(value)) return value;
    } catch {
      // It is being written, or gone.
    }
    // oxlint-disable-next-line no-await-in-loop
    await setTimeout(20);
  }
  return null;
}

function isHolder(value: unknown): value is Holder {
  if (typeof value !== "object" || value === null) return false;
  return "pid" in value && typeof value.pid === "number" && "nonce" in value && "host" in value;
}

async function isGone(holder: Holder): Promise<boolean> {
  // On a shared file system another machine's process cannot be looked at.
  if (holder.host !== hostname()) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
  const started = await startOf(holder.pid);
  return holder.started !== null && started !== null && started !== holder.started;
}

/** Linux: field 22 of /proc/<pid>/stat (proc(5)); null elsewhere. */
async function startOf(pid: number): Promise<string | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}
