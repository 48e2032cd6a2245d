import { base64Url, parametersOf, type SigningKey } from "./keys.ts";

/** What a token says: who it is for, and who it is about. */
export interface IdentityClaims {
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
  readonly id: string;
}

/** A token is used at once, so it lives no longer than clocks may differ. */
const LIFE_SECONDS = 300;

/** A signed JWT (RFC 7519) that AWS's STS takes for a web identity. */
export async function signIdentityToken(
  key: SigningKey,
  claims: IdentityClaims,
  nowMs: number,
): Promise<string> {
  const now = Math.floor(nowMs / 1000);
  const signed = [
    encode({ alg: key.algorithm, typ: "JWT", kid: key.id }),
    encode({
      iss: claims.issuer,
      sub: claims.subject,
      aud: claims.audience,
      jti: claims.id,
      iat: now,
      exp: now + LIFE_SECONDS,
    }),
  ].join(".");
  const signature = await crypto.subtle.sign(
    parametersOf(key.algorithm),
    key.privateKey,
    new TextEncoder().encode(signed),
  );
  return `${signed}.${base64Url(new Uint8Array(signature))}`;
}

const encode = (value: object): string =>
  base64Url(new TextEncoder().encode(JSON.stringify(value)));
