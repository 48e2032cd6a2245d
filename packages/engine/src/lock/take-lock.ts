import { setTimeout } from "node:timers/promises";
import { QwqError } from "@qwq-fit/schema";
import { tryLock } from "./file-lock.ts";
import type { FileLock } from "./file-lock.ts";

const POLL_MS = 200;

/**
 * Takes a lock file, and waits for its holder up to `waitMs`. @throws QwqError `locked` (details: pid), `aborted`.
 */
export async function takeLock(
  path: string,
  waitMs: number,
  signal?: AbortSignal,
): Promise<FileLock> {
  const deadline = performance.now() + waitMs;
  for (;;) {
    // Each try waits for the one before.
    // oxlint-disable no-await-in-loop
    const attempt = await tryLock(path);
    if (attempt.held) return attempt.lock;
    if (performance.now() >= deadline) {
      const { pid, host } = attempt.holder;
      throw new QwqError("locked", "Another process is at work on this.", {
        hint: "Wait until it is done, or stop it.",
        details: { pid, host },
      });
    }
    if (signal?.aborted === true) throw new QwqError("aborted", "It was aborted.");
    await setTimeout(POLL_MS);
    // oxlint-enable no-await-in-loop
  }
}
