import { createServer } from "node:net";
import { setTimeout } from "node:timers/promises";
import { QwqError } from "@qwq-fit/schema";
import type { GuardedProgram } from "./guarded-program.ts";
import { request } from "./http-client.ts";
import type { Endpoint } from "./http-client.ts";

const POLL_MS = 100;

/**
 * Waits until `/health` says that the model is loaded (503 while it loads).
 * @throws QwqError `engine_failed` where the program ends or takes too long, `aborted`.
 */
export async function untilLoaded(
  program: GuardedProgram,
  endpoint: Endpoint,
  { deadline, isStopped }: { readonly deadline: number; readonly isStopped: () => boolean },
): Promise<void> {
  let ended: string | null = null;
  void program.ended.then((reason) => {
    ended = reason;
  });
  for (;;) {
    // oxlint-disable no-await-in-loop
    try {
      const health = await request(endpoint, "/health", undefined, AbortSignal.timeout(5000));
      await health.body?.cancel();
      return;
    } catch {
      // It is not up, or loading.
    }
    if (ended !== null) throw new QwqError("engine_failed", `llama-server ended: ${String(ended)}`);
    const stopped = isStopped();
    if (stopped || performance.now() > deadline) {
      await program.close();
      throw stopped
        ? new QwqError("aborted", "The start was aborted.")
        : new QwqError("engine_failed", "llama-server did not load the model in time.");
    }
    await setTimeout(POLL_MS);
    // oxlint-enable no-await-in-loop
  }
}

/** A port of loopback that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  if (typeof address !== "object" || address === null) {
    throw new QwqError("internal", "There is no free port.");
  }
  return address.port;
}
