import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { PrepareProgress } from "@qwq-fit/client";
import { serverId, serversDir, tryLock } from "@qwq-fit/engine";
import type { FileLock } from "@qwq-fit/engine";
import { QwqError } from "@qwq-fit/schema";
import type { OwnServer } from "./find-own-server.ts";
import { progressOf } from "./prepare-progress.ts";
import type { ServeProcess, Spawn } from "./serve-process.ts";

/** How often a starting server is looked at, ms: a load takes a hundred times as long. */
const LOOK_MS = 100;

/** Phases in which a server answers; an idle one loads its model by the request. */
export const serves = (phase: string): boolean =>
  phase === "ready" || phase === "idle" || phase === "saturated";

/** How a server is looked for and started. */
export interface ServerPorts {
  readonly find: () => Promise<OwnServer | null>;
  readonly spawn: Spawn;
  readonly told: (progress: PrepareProgress) => void;
}

/**
 * Waits until a server of the model serves; starts one where none runs, under a lock that all processes of this user
 * share. One that was started here ends with an abort.
 * @throws {QwqError} `aborted`, and why a server did not start: `engine_failed`, `does_not_fit`, `unknown_model`, ….
 */
export async function waitForServer(
  stateDir: string,
  model: string,
  signal: AbortSignal,
  { find, spawn, told }: ServerPorts,
): Promise<void> {
  const lockPath = join(serversDir(stateDir), `${serverId(model)}.start.lock`);
  const made: { process: ServeProcess | null; lock: FileLock | null } = {
    process: null,
    lock: null,
  };
  try {
    for (;;) {
      if (signal.aborted) throw new QwqError("aborted", "preparing was aborted");
      // Looking, waiting and looking again is what this is.
      /* oxlint-disable no-await-in-loop */
      const found = await find();
      if (found !== null && serves(found.phase)) return;
      if (found?.phase === "failed") {
        throw new QwqError("engine_failed", found.failure ?? "the engine failed");
      }
      const { process } = made;
      for (const event of process?.events() ?? []) {
        const progress = progressOf(event);
        if (progress !== null) told(progress);
      }
      const failure = process?.ended() ?? null;
      if (failure !== null) throw failure;
      if (found === null && process === null && (await takeLock(lockPath, made))) {
        // Another process may have started it between our look and our lock.
        if ((await find()) === null) made.process = spawn();
        continue;
      }
      await sleep(LOOK_MS, undefined, { signal }).catch(() => {});
      /* oxlint-enable no-await-in-loop */
    }
  } catch (error) {
    made.process?.kill();
    throw error;
  } finally {
    await made.lock?.release();
  }
}

async function takeLock(path: string, made: { lock: FileLock | null }): Promise<boolean> {
  if (made.lock !== null) return true;
  const attempt = await tryLock(path);
  if (attempt.held) made.lock = attempt.lock;
  return attempt.held;
}
