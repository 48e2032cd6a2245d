import { QwqError } from "@qwq-fit/schema";

import { shownUrl } from "./http-client.ts";
import type { ModelPorts } from "./ports.ts";

/** Whether the environment forbids the network. */
export function isOffline(ports: ModelPorts): boolean {
  const value = ports.environment.HF_HUB_OFFLINE ?? "";
  return /^(1|true|yes|on)$/i.test(value);
}

/** The fault of a thing that is not in the cache, where only the cache may be asked. */
export function offlineFault(url: string): QwqError {
  return new QwqError(
    "network",
    `${shownUrl(url)} is not in the cache, and HF_HUB_OFFLINE is set`,
    {
      hint: "Look at the model once with the network, or unset HF_HUB_OFFLINE.",
    },
  );
}

const AWAY: ReadonlySet<string> = new Set(["network", "timeout", "upstream_error", "rate_limited"]);

/** Whether a fault means that the server could not be asked: then what is kept may serve. */
export function serverIsAway(error: unknown): boolean {
  return QwqError.is(error) && AWAY.has(error.code);
}
