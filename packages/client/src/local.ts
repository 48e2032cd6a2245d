import { QwqError } from "@qwq-fit/schema";
import { type Client, createClient } from "./create-client.ts";
import type { LocalEngine } from "./core/local-engine.ts";
import type { ClientOptions } from "./core/options.ts";

/** Options of a client that cannot leave the device: there is no place to name another target. */
export type LocalClientOptions = Pick<
  ClientOptions,
  "model" | "mode" | "limits" | "hooks" | "now" | "random"
> & {
  readonly local: LocalEngine;
  readonly fetch?: typeof fetch;
};

const LOOPBACK = /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost):\d+(\/|$)/;

/**
 * A client whose text stays on this device, by its making and not by a setting: it has one target, the local
 * engine's own server, and its `fetch` refuses any address but this machine's loopback.
 */
export function createLocalClient(options: LocalClientOptions): Client {
  const send = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
  const onlyLoopback: typeof fetch = (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    if (!LOOPBACK.test(url)) {
      return Promise.reject(
        new QwqError("privacy_denied", "this client sends to this device only"),
      );
    }
    return send(input, { ...init, redirect: "error" });
  };
  return createClient({ ...options, policy: { privacy: "device" }, fetch: onlyLoopback });
}

export type { Client } from "./create-client.ts";
