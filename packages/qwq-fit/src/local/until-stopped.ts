import { stopOnSignals } from "@qwq-fit/engine";
import type { RunningServer } from "@qwq-fit/engine";
import { EXIT } from "../exit-code.ts";
import type { Beside } from "../join/beside-server.ts";
import type { Teller } from "./teller.ts";

/** What is known of an engine before it is loaded. */
interface Expected {
  readonly contextTokens: number | null;
  readonly slots: number;
}

/** Serves until a signal or `qwq-fit stop` ends it. @throws what kept the engine from loading. */
export async function untilStopped(
  server: RunningServer,
  expected: Expected,
  teller: Teller,
  beside?: Beside,
): Promise<number> {
  const stopped = stopOnSignals(server);
  beside?.start(server);
  const failure = await becomeReady(server, expected, teller);
  if (failure !== null) await server.stop({ graceMs: 0 });
  await stopped;
  await beside?.stop();
  if (failure !== null) throw failure.error;
  teller.event("stopped", { id: server.state.id }, "Stopped.");
  return EXIT.fits;
}

/** Waits until the model is loaded, telling how far it is; gives the fault where it cannot be. */
async function becomeReady(
  server: RunningServer,
  expected: Expected,
  teller: Teller,
): Promise<{ readonly error: unknown } | null> {
  const { id, baseUrl, pid, model } = server.state;
  const url = baseUrl;
  const about = { url, id, model, pid };
  teller.event("listening", about, null);
  const watch = setInterval(() => {
    const loaded = server.host.state()?.loaded ?? 0;
    teller.progress("loading", { loaded }, `Loading ${model}: ${Math.floor(loaded * 100)} %`);
  }, 200);
  // A signal while the model loads ends the wait.
  const ended = server.stopped.then(() => ({ stopped: true }));
  try {
    const outcome = await Promise.race([server.whenReady(), ended]);
    if (outcome !== undefined) return null;
    const info = server.host.info();
    const told = {
      ...about,
      contextTokens: info?.contextTokens ?? expected.contextTokens,
      slots: info?.slots ?? expected.slots,
      settings: info?.settings ?? null,
    };
    teller.event("ready", told, `${model} is served at ${url} (Ctrl-C stops it)`);
    return null;
  } catch (error) {
    const stopping = server.host.phase() === "closed";
    return stopping ? null : { error };
  } finally {
    clearInterval(watch);
    teller.clear();
  }
}
