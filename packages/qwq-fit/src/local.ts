import { createLocalClient as createLoopbackClient } from "@qwq-fit/client/local";
import type { Client, LocalClientOptions } from "@qwq-fit/client/local";
import type { LocalOptions } from "./sdk/local-options.ts";
import { localEngineOf } from "./sdk/local-options.ts";
import { readOnDevice } from "./sdk/plan-here.ts";

/** Options of {@link createLocalClient}: no other place can be named. */
export interface DeviceClientOptions extends Omit<LocalClientOptions, "local" | "fetch"> {
  readonly local?: Omit<LocalOptions, "engines">;
}

/**
 * A client whose text cannot leave this machine: its one target is our own server on loopback, and its `fetch` refuses
 * every other address. A model that is not here is downloaded only by `prepare()`, in the server's process.
 */
export function createLocalClient(options: DeviceClientOptions): Client {
  // What listens at other engines' ports may send on what it is told: only our own server proves what it is.
  const local = localEngineOf(options.model, { ...options.local, engines: [] }, readOnDevice);
  return createLoopbackClient({ ...options, local });
}

export type { Client } from "@qwq-fit/client/local";
