import { HttpRefusal } from "../api/http-error.ts";
import type { RouterConfig } from "../config/config.ts";
import type { AuthVerdict, RouterExtension } from "../extension.ts";
import type { RouterPorts } from "../ports.ts";
import { type KeyRing, keyOfHeaders } from "./api-key.ts";
import { ANYBODY, type Caller, callerOf } from "./caller.ts";

/** What a caller may be let do. */
export type Scope = Caller["scopes"][number];

/**
 * Tells who asks, where they may.
 * @throws HttpRefusal `unauthorized`, or `forbidden` where the scope is missing
 */
export type Authenticate = (headers: Headers, scope: Scope) => Promise<Caller>;

/** Asks the extensions' ways in their order, then for an API key. Without keys at all, under `insecureDev`, all are let in. */
export function createAuthenticate(
  config: Pick<RouterConfig, "insecureDev" | "keys">,
  keys: KeyRing,
  ports: Pick<RouterPorts, "now">,
  extensions: readonly RouterExtension[],
): Authenticate {
  const ways = extensions.flatMap((one) => (one.authenticate ? [one.authenticate] : []));
  const open = config.insecureDev && config.keys.length === 0;
  const byKey = async (headers: Headers): Promise<AuthVerdict> => {
    const verdict = await keys.check(keyOfHeaders(headers), ports.now());
    if (verdict.ok) return { ok: true, caller: callerOf(verdict.key) };
    const missing = verdict.reason === "missing";
    return {
      ok: false,
      reason: missing ? "an API key is needed" : "this API key is not valid",
    };
  };
  const verdictOf = async (headers: Headers): Promise<AuthVerdict> => {
    for (const way of ways) {
      const verdict = await way(headers, ports.now());
      if (verdict !== null) return verdict;
    }
    return open ? { ok: true, caller: ANYBODY } : byKey(headers);
  };
  return async (headers, scope) => {
    const verdict = await verdictOf(headers);
    if (!verdict.ok) throw new HttpRefusal("unauthorized", verdict.reason);
    const { caller } = verdict;
    if (!caller.scopes.includes(scope))
      throw new HttpRefusal("forbidden", `this key may not: ${scope}`);
    return caller;
  };
}
