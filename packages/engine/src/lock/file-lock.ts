import { randomUUID } from "node:crypto";
import { link, mkdir, open, readFile, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { setTimeout } from "node:timers/promises";
import { isRunning, ownIdentity } from "./process-identity.ts";
import type { ProcessIdentity } from "./process-identity.ts";

/** A lock that this process holds. */
export interface FileLock {
  release(): Promise<void>;
}

/** What came of trying: the lock, or who has it. */
export type LockAttempt =
  | { readonly held: true; readonly lock: FileLock }
  | { readonly held: false; readonly holder: ProcessIdentity };

/** One try more for each process that died holding the lock while we looked; far more than there can be. */
const TRIES = 10;

/**
 * Takes a lock file. It appears whole, by a hard link where the file system has them, and names its holder; one whose
 * holder is gone is taken away first, by one process at a time. The lock ends with `release`, or with the process.
 */
export async function tryLock(path: string): Promise<LockAttempt> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const identity = await ownIdentity();
  const content = JSON.stringify({ ...identity, nonce: randomUUID() });
  let holder: ProcessIdentity | null = null;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    // Each try waits for the one before.
    // oxlint-disable-next-line no-await-in-loop
    if (await place(path, content)) return { held: true, lock: lockOf(path, content) };
    // oxlint-disable-next-line no-await-in-loop
    holder = await holderOf(path);
    // oxlint-disable-next-line no-await-in-loop
    if (holder !== null && (await isRunning(holder))) return { held: false, holder };
    // oxlint-disable-next-line no-await-in-loop
    await takeAway(path, content);
  }
  return { held: false, holder: holder ?? identity };
}

/** Creates the file with its content at once; false where there is one. */
async function place(path: string, content: string): Promise<boolean> {
  const whole = `${path}.${randomUUID()}`;
  await writeFile(whole, content, { mode: 0o600 });
  try {
    await link(whole, path);
    return true;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code === "EEXIST") return false;
    if (NO_LINKS.has(code)) return await create(path, content);
    throw error;
  } finally {
    await rm(whole, { force: true });
  }
}

/** What file systems without hard links say: exFAT, some network shares. */
const NO_LINKS: ReadonlySet<string> = new Set([
  "EPERM",
  "ENOTSUP",
  "EOPNOTSUPP",
  "ENOSYS",
  "EMLINK",
]);

/** Creates the file where there is none, and then writes it: a reader may find it empty for a moment. */
async function create(path: string, content: string): Promise<boolean> {
  try {
    const file = await open(path, "wx", 0o600);
    try {
      await file.writeFile(content);
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

/** Looks at a lock that may be written just now, without links. */
const LOOKS = 5;
const LOOK_AGAIN_MS = 20;

async function holderOf(path: string): Promise<ProcessIdentity | null> {
  let text: string | null = "";
  for (let look = 0; look < LOOKS && text === ""; look++) {
    // oxlint-disable-next-line no-await-in-loop
    if (look > 0) await setTimeout(LOOK_AGAIN_MS);
    // oxlint-disable-next-line no-await-in-loop
    text = await readFile(path, "utf8").catch(() => null);
  }
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    const pid: unknown = Reflect.get(Object(value), "pid");
    const startTicks: unknown = Reflect.get(Object(value), "startTicks");
    const host: unknown = Reflect.get(Object(value), "host");
    if (typeof pid !== "number") return null;
    return {
      pid,
      host: typeof host === "string" ? host : hostname(),
      startTicks: typeof startTicks === "number" ? startTicks : null,
    };
  } catch {
    return null;
  }
}

/**
 * Removes a lock whose holder is gone. Under a second lock, so that nobody removes what another has placed
 * since; a process that dies in these few lines leaves that one behind, and it is removed as it is.
 */
async function takeAway(path: string, content: string): Promise<void> {
  const guard = `${path}.steal`;
  if (!(await place(guard, content))) {
    const other = await holderOf(guard);
    if (other === null || !(await isRunning(other))) await rm(guard, { force: true });
    return;
  }
  try {
    const holder = await holderOf(path);
    if (holder === null || !(await isRunning(holder))) await rm(path, { force: true });
  } finally {
    await rm(guard, { force: true });
  }
}

function lockOf(path: string, content: string): FileLock {
  return {
    release: async () => {
      const now = await readFile(path, "utf8").catch(() => null);
      if (now === content) await rm(path, { force: true });
    },
  };
}
