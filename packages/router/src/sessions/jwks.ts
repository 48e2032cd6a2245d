import { isObject, parseJson } from "@qwq-fit/wire";
import {
  createLocalJWKSet,
  errors,
  type JSONWebKeySet,
  type JWK,
  type JWTVerifyGetKey,
} from "jose";
import type { RouterPorts } from "../ports.ts";

/** Keys change seldom; issuers let them be kept for an hour to a day. */
const KEPT_MS = 3600_000;
/** A token with a key that is not known asks for the keys anew, but not more often than this. */
const COOL_DOWN_MS = 30_000;
/** Larger than any issuer's list. */
const MOST_BYTES = 256 * 1024;
const ANSWER_MS = 5000;

/** What a signature may be checked with: public keys of the pinned kinds, nothing symmetric. */
const isPublicKey = (value: unknown): value is JWK =>
  isObject(value) &&
  (value["kty"] === "RSA" || value["kty"] === "EC" || value["kty"] === "OKP") &&
  (value["use"] === undefined || value["use"] === "sig") &&
  value["d"] === undefined;

async function fetchKeys(
  url: string,
  ports: Pick<RouterPorts, "fetch" | "timer">,
): Promise<JSONWebKeySet> {
  const abort = new AbortController();
  const stop = ports.timer(ANSWER_MS, () => abort.abort());
  try {
    const response = await ports.fetch(url, { redirect: "manual", signal: abort.signal });
    if (response.status !== 200 || response.body === null)
      throw new Error("the keys cannot be had");
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
      if (text.length > MOST_BYTES) {
        await reader.cancel().catch(() => undefined);
        throw new Error("the keys are too many");
      }
    }
    const value = parseJson(text);
    const keys: unknown = isObject(value) ? value["keys"] : null;
    if (!Array.isArray(keys)) throw new Error("the keys are no key set");
    return { keys: keys.filter(isPublicKey) };
  } finally {
    stop();
  }
}

/**
 * Keys of one issuer, kept for a while. A key that is not known makes it ask again, within limits, so that a flood
 * of made-up key ids costs the issuer nothing. What a token says of where its key is (`jku`, `jwk`, `x5u`) is not
 * looked at.
 */
export function createKeySet(
  url: string,
  ports: Pick<RouterPorts, "fetch" | "timer" | "now">,
): JWTVerifyGetKey {
  let known: { readonly find: JWTVerifyGetKey; readonly atMs: number } | null = null;
  let triedMs = -Infinity;
  const refresh = async (): Promise<void> => {
    triedMs = ports.now();
    // Not shared between requests that wait: a Worker may not await another request's I/O.
    const set = createLocalJWKSet(await fetchKeys(url, ports));
    known = { find: (header, token) => set(header, token), atMs: ports.now() };
  };
  const mayAsk = (): boolean => ports.now() - triedMs >= COOL_DOWN_MS;
  return async (header, token) => {
    if (known === null || (ports.now() - known.atMs >= KEPT_MS && mayAsk())) {
      await refresh().catch((error: unknown) => {
        // Old keys are better than none while the issuer is away.
        if (known === null) throw error;
      });
    }
    if (known === null) throw new errors.JWKSNoMatchingKey();
    try {
      return await known.find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || !mayAsk()) throw error;
      await refresh();
      return known.find(header, token);
    }
  };
}
