import type { PrivacyClass } from "@qwq-fit/schema";
import type { KeyConfig } from "../config/config.ts";
import type { CallerLimits } from "../ports.ts";

/** Who asks, as far as the router needs to know. */
export interface Caller {
  readonly name: string;
  /** Under what it is counted in metrics, where callers are too many to be named there. */
  readonly group?: string;
  readonly scopes: KeyConfig["scopes"];
  readonly models: readonly string[] | null;
  readonly limits: CallerLimits;
  readonly privacy: PrivacyClass;
}

const NO_LIMITS: CallerLimits = {
  requestsPerMinute: null,
  tokensPerMinute: null,
  concurrentStreams: null,
  tokensPerDay: null,
  usdPerDay: null,
};

/** The caller of a router that was started without keys, for trying out. */
export const ANYBODY: Caller = {
  name: "anybody",
  scopes: ["inference", "admin", "metrics"],
  models: null,
  limits: NO_LIMITS,
  privacy: "any",
};

/** The caller behind a key. */
export function callerOf(key: KeyConfig): Caller {
  const { caller: name, scopes, models, limits, privacy } = key;
  return { name, scopes, models, limits, privacy };
}
