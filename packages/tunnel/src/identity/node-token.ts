import { fromBase64Url, jsonFromBase64Url, toBase64Url, utf8 } from "./bytes.ts";
import { type Certificate, type PublicKey, readCertificate } from "./certificate.ts";

/** The one algorithm there is (RFC 7518, 3.4). Neither side reads another from a token. */
export const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
export const HEADER: string = toBase64Url(utf8('{"alg":"ES256","typ":"qwq-node+jwt"}'));

/** How long a token is good, and how far clocks may differ, s. */
export const LIFETIME_S = 60;
const SKEW_S = 60;
const MOST_TOKEN = 4096;

/** A token that holds. `id` and `expiresMs` are for whoever sees to it that it is used once. */
export interface NodeProof {
  readonly certificate: Certificate;
  readonly id: string;
  readonly expiresMs: number;
}

export type TokenVerdict =
  | { readonly ok: true; readonly proof: NodeProof }
  | {
      readonly ok: false;
      readonly reason: "form" | "certificate" | "signature" | "audience" | "time";
    };

/**
 * Checks a token by computing alone: no store is asked. What it cannot know is whether the node was removed, and
 * whether the token was used before.
 */
export async function checkNodeToken(
  secret: string,
  token: string,
  audience: string,
  nowMs: number,
): Promise<TokenVerdict> {
  const [header, body = "", mark = "", more] = token.length > MOST_TOKEN ? [] : token.split(".");
  const payload = jsonFromBase64Url(body);
  const signature = fromBase64Url(mark);
  // The header is compared, not read: there is nothing to choose.
  if (header !== HEADER || payload === null || signature === null || more !== undefined) {
    return { ok: false, reason: "form" };
  }
  const { crt, aud, iat, exp, jti } = payload;
  if (
    typeof crt !== "string" ||
    typeof iat !== "number" ||
    typeof exp !== "number" ||
    typeof jti !== "string" ||
    !/^[A-Za-z0-9_-]{22}$/.test(jti)
  ) {
    return { ok: false, reason: "form" };
  }
  const certificate = await readCertificate(secret, crt);
  if (certificate === null) return { ok: false, reason: "certificate" };
  if (!(await isSigned(certificate.key, `${header}.${body}`, signature))) {
    return { ok: false, reason: "signature" };
  }
  if (aud !== audience) return { ok: false, reason: "audience" };
  const seconds = nowMs / 1000;
  const lasts = exp - iat;
  if (!(lasts > 0 && lasts <= LIFETIME_S && iat <= seconds + SKEW_S && exp >= seconds - SKEW_S)) {
    return { ok: false, reason: "time" };
  }
  const expiresMs = (exp + SKEW_S) * 1000;
  return { ok: true, proof: { certificate, id: jti, expiresMs } };
}

async function isSigned(
  { x, y }: PublicKey,
  text: string,
  signature: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  try {
    const jwk = { kty: "EC", crv: "P-256", x, y };
    const key = await crypto.subtle.importKey("jwk", jwk, ALGORITHM, false, ["verify"]);
    return await crypto.subtle.verify(ALGORITHM, key, signature, utf8(text));
  } catch {
    // A point that is not on the curve.
    return false;
  }
}
