import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { QwqError } from "@qwq-fit/schema";
import { tryLock } from "../lock/file-lock.ts";
import { findServer } from "./find-servers.ts";
import type { FoundServer } from "./find-servers.ts";
import { serverId, serversDir } from "./state-dir.ts";

export interface EnsureServerOptions {
  readonly stateDir: string;
  readonly model: string;
  /** Starts a process that will serve the model; called by one of all callers on this machine at a time. */
  readonly start: () => Promise<void>;
  /** Until the server listens; its model may take longer. Default 30,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** How often the state file is looked for, ms: a start takes a hundred times as long. */
const LOOK_MS = 50;

/**
 * The model's server: the one that runs, or one that is started now, under a lock, however many callers ask at once.
 * @throws QwqError `timeout`, `aborted`, and what `start` throws.
 */
export async function ensureServer(options: EnsureServerOptions): Promise<FoundServer> {
  const { stateDir, model } = options;
  const lockPath = join(serversDir(stateDir), `${serverId(model)}.start.lock`);
  const deadline = Date.now() + (options.timeoutMs ?? 30_000);
  for (;;) {
    // Looking, waiting and looking again is what this is.
    /* oxlint-disable no-await-in-loop */
    const found = await findServer(stateDir, model);
    if (found !== null) return found;
    const attempt = await tryLock(lockPath);
    if (attempt.held) {
      try {
        // Another caller may have started it between our look and our lock.
        return (await findServer(stateDir, model)) ?? (await startAndWait(options, deadline));
      } finally {
        await attempt.lock.release();
      }
    }
    await pause(options, deadline);
    /* oxlint-enable no-await-in-loop */
  }
}

async function startAndWait(options: EnsureServerOptions, deadline: number): Promise<FoundServer> {
  await options.start();
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop
    const found = await findServer(options.stateDir, options.model);
    if (found !== null) return found;
    // oxlint-disable-next-line no-await-in-loop
    await pause(options, deadline);
  }
}

async function pause({ model, signal }: EnsureServerOptions, deadline: number): Promise<void> {
  if (signal?.aborted === true) throw new QwqError("aborted", "the start was aborted");
  if (Date.now() > deadline) {
    throw new QwqError("timeout", `no server of ${model} came up`, {
      hint: "Start it by hand with `qwq-fit serve` to see what it says.",
    });
  }
  await sleep(LOOK_MS);
}
