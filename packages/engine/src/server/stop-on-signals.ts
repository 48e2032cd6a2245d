import type { RunningServer } from "./start-server.ts";

/** What of `process` is needed. */
export interface SignalSource {
  on(signal: "SIGINT" | "SIGTERM", listener: () => void): unknown;
  off(signal: "SIGINT" | "SIGTERM", listener: () => void): unknown;
}

/**
 * Stops a server at the first SIGINT or SIGTERM, letting running answers end; at the second, at once.
 * Resolves when the server has stopped.
 */
export async function stopOnSignals(
  server: RunningServer,
  source: SignalSource = process,
): Promise<void> {
  let signals = 0;
  const stop = (): void => {
    signals += 1;
    if (signals === 1) void server.stop();
    else void server.stop({ graceMs: 0 });
  };
  source.on("SIGINT", stop);
  source.on("SIGTERM", stop);
  try {
    await server.stopped;
  } finally {
    source.off("SIGINT", stop);
    source.off("SIGTERM", stop);
  }
}
