import { jwtVerify, type JWTVerifyGetKey } from "jose";
import type { RouterPorts } from "../ports.ts";
import { createKeySet } from "./jwks.ts";
import type { IdentityConfig } from "./sessions-config.ts";

/** Whose word was taken, and for whom. */
export interface Identity {
  readonly config: IdentityConfig;
  readonly subject: string;
  /** Epoch ms until which the token could be shown again. */
  readonly expiresMs: number;
}

/** Reads identity tokens; null for one that is not good, whatever is wrong with it. */
export type CheckIdentity = (name: string | null, token: string) => Promise<Identity | null>;

/** Clocks of phones and issuers differ by this much, seconds. */
const LEEWAY_SECONDS = 10;
const LONGEST_TOKEN = 8192;
/** Three parts of base64url; anything else is not looked at. */
export const JWT_FORM: RegExp = /^[\w-]{1,2048}\.[\w-]{1,6144}\.[\w-]{1,1024}$/;

/**
 * Checks tokens of the configured identities: the algorithm and the key set are pinned to each, so nothing that a
 * token's header says can change them; issuer, audience and times must be right, and a subject must be named.
 */
export function createIdentityCheck(
  identities: readonly IdentityConfig[],
  ports: Pick<RouterPorts, "fetch" | "timer" | "now">,
): CheckIdentity {
  const known = identities.map((config) => ({ config, keys: createKeySet(config.jwksUrl, ports) }));
  const check = async (
    config: IdentityConfig,
    keys: JWTVerifyGetKey,
    token: string,
  ): Promise<Identity | null> => {
    const { payload } = await jwtVerify(token, keys, {
      issuer: config.issuer,
      audience: [...config.audiences],
      algorithms: [...config.algorithms],
      requiredClaims: ["sub", "exp", "iat"],
      clockTolerance: LEEWAY_SECONDS,
      currentDate: new Date(ports.now()),
    });
    const { sub, exp, aud, azp } = payload;
    if (typeof sub !== "string" || sub === "" || exp === undefined) return null;
    // A token for several must be for us as the one that asked for it (OpenID Connect Core, 3.1.3.7).
    const several = Array.isArray(aud) && aud.length > 1 && azp !== undefined;
    if (several && !config.audiences.some((one) => one === azp)) return null;
    if (config.subjects !== null && !config.subjects.includes(sub)) return null;
    return { config, subject: sub, expiresMs: (exp + LEEWAY_SECONDS) * 1000 };
  };
  return async (name, token) => {
    if (token.length > LONGEST_TOKEN || !JWT_FORM.test(token)) return null;
    for (const { config, keys } of known) {
      if (name !== null && config.name !== name) continue;
      const identity = await check(config, keys, token).catch(() => null);
      if (identity !== null) return identity;
    }
    return null;
  };
}
