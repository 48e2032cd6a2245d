import type { KeyConfig } from "../config/config.ts";

/** A key as a caller sends it, by form alone. */
export interface KeyText {
  readonly id: string;
  readonly secret: string;
}

/** `qf_<id>_<secret>`: checked before anything is looked up, so that nothing else reaches a store. */
const FORM = /^qf_([a-z0-9]{4,32})_([A-Za-z0-9]{32,64})$/;

/** The key in an Authorization header (or `x-api-key`, as Anthropic's clients send it); null for any other form. */
export function keyOfHeaders(headers: { get(name: string): string | null }): KeyText | null {
  const authorization = headers.get("authorization");
  const text =
    authorization === null
      ? headers.get("x-api-key")
      : /^Bearer ([\x21-\x7e]{1,200})$/i.exec(authorization)?.[1];
  const match = FORM.exec(text ?? "");
  return match?.[1] === undefined || match[2] === undefined
    ? null
    : { id: match[1], secret: match[2] };
}

const encoder = new TextEncoder();

/** Hex of HMAC-SHA256(pepper, secret), as it stands in the configuration. */
export async function hashSecret(pepper: string, secret: string): Promise<string> {
  const key = await crypto.subtle.importKey(
    "raw",
    encoder.encode(pepper),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  const mac = await crypto.subtle.sign("HMAC", key, encoder.encode(secret));
  return [...new Uint8Array(mac)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Compares without telling by its time where two hashes differ. */
function sameHash(one: string, two: string): boolean {
  if (one.length !== two.length) return false;
  let different = 0;
  for (let i = 0; i < one.length; i++) different |= one.charCodeAt(i) ^ two.charCodeAt(i);
  return different === 0;
}

export type KeyVerdict =
  | { readonly ok: true; readonly key: KeyConfig }
  | { readonly ok: false; readonly reason: "missing" | "unknown" | "expired" };

/** Checks keys against the configuration. A good key is remembered, by the whole of it. */
export interface KeyRing {
  check(text: KeyText | null, nowMs: number): Promise<KeyVerdict>;
}

const alive = (key: KeyConfig, nowMs: number): KeyVerdict =>
  key.expiresMs !== null && nowMs >= key.expiresMs
    ? { ok: false, reason: "expired" }
    : { ok: true, key };

/** A key ring over the configured keys. */
export function createKeyRing(keys: readonly KeyConfig[], pepper: string): KeyRing {
  const byId = new Map(keys.map((key) => [key.id, key]));
  // By the whole key: a part of it would let others in. Only good keys are kept, so they are few.
  const known = new Map<string, KeyConfig>();
  return {
    check: async (text, nowMs) => {
      if (text === null) return { ok: false, reason: "missing" };
      const whole = `${text.id}_${text.secret}`;
      const seen = known.get(whole);
      if (seen !== undefined) return alive(seen, nowMs);
      const key = byId.get(text.id);
      // An unknown id costs the same hash as a known one.
      const hash = await hashSecret(pepper, text.secret);
      if (key === undefined) return { ok: false, reason: "unknown" };
      let good = false;
      for (const expected of key.hashes) if (sameHash(hash, expected)) good = true;
      if (!good) return { ok: false, reason: "unknown" };
      known.set(whole, key);
      return alive(key, nowMs);
    },
  };
}
