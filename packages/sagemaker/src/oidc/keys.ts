import { QwqError } from "@qwq-fit/schema";
import { isObject, parseJson } from "@qwq-fit/wire";

/** WebCrypto's key; not every runtime's types name it. */
type SubtleKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** A key that signs tokens, and its public half for whoever checks them. */
export interface SigningKey {
  readonly algorithm: "ES256" | "RS256";
  /** RFC 7638's thumbprint. */
  readonly id: string;
  readonly privateKey: SubtleKey;
  readonly publicJwk: Readonly<Record<string, string>>;
}

const ALGORITHMS = {
  ES256: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
} as const;

/** How a key of this kind is imported and signs. */
export const parametersOf = (
  algorithm: SigningKey["algorithm"],
): (typeof ALGORITHMS)[typeof algorithm] => ALGORITHMS[algorithm];

/**
 * Keys from a secret: a private JWK, a JWK Set (the first signs, all are published, so that a key can be changed
 * without a gap), or a PKCS #8 PEM. P-256 for ES256, RSA for RS256: STS takes both.
 * @throws {QwqError} `invalid_configuration`; the secret's text is in no message
 */
export async function readSigningKeys(
  secret: string,
): Promise<readonly [SigningKey, ...SigningKey[]]> {
  const value = parseJson(secret);
  const list: readonly unknown[] =
    isObject(value) && Array.isArray(value["keys"]) ? value["keys"] : [value];
  const read = isObject(value)
    ? await Promise.all(list.map((jwk) => fromJwk(jwk)))
    : [await fromPem(secret)];
  const [first, ...others] = read;
  if (first === undefined) throw unreadable();
  return [first, ...others];
}

function unreadable(): QwqError {
  return new QwqError("invalid_configuration", "the issuer's private key cannot be read", {
    hint: "It is a private JWK, a JWK Set or a PKCS #8 PEM, of P-256 or RSA.",
  });
}

async function fromJwk(jwk: unknown): Promise<SigningKey> {
  if (!isObject(jwk)) throw unreadable();
  const algorithm = jwk["kty"] === "EC" ? "ES256" : jwk["kty"] === "RSA" ? "RS256" : null;
  if (algorithm === null) throw unreadable();
  const { alg: _alg, use: _use, key_ops: _operations, ...others } = jwk;
  const bare = { ...others, kty: algorithm === "ES256" ? "EC" : "RSA" };
  try {
    const key = await crypto.subtle.importKey("jwk", bare, ALGORITHMS[algorithm], true, ["sign"]);
    return await fromKey(key, algorithm);
  } catch {
    throw unreadable();
  }
}

async function fromPem(text: string): Promise<SigningKey> {
  const body = /-----BEGIN PRIVATE KEY-----([\sA-Za-z0-9+/=]+)-----END PRIVATE KEY-----/u.exec(
    text,
  )?.[1];
  if (body === undefined) throw unreadable();
  const bytes = Uint8Array.from(atob(body.replaceAll(/\s/g, "")), (letter) => letter.charCodeAt(0));
  for (const algorithm of ["ES256", "RS256"] as const) {
    try {
      const key = await crypto.subtle.importKey("pkcs8", bytes, ALGORITHMS[algorithm], true, [
        "sign",
      ]);
      return await fromKey(key, algorithm);
    } catch {
      // The other kind, or none.
    }
  }
  throw unreadable();
}

/** Public members by key type, in the order of RFC 7638. */
const PUBLIC = { ES256: ["crv", "kty", "x", "y"], RS256: ["e", "kty", "n"] } as const;

async function fromKey(
  privateKey: SubtleKey,
  algorithm: SigningKey["algorithm"],
): Promise<SigningKey> {
  const jwk: Readonly<Record<string, unknown>> = {
    ...(await crypto.subtle.exportKey("jwk", privateKey)),
  };
  const members = Object.fromEntries(PUBLIC[algorithm].map((name) => [name, String(jwk[name])]));
  const digest = await crypto.subtle.digest(
    "SHA-256",
    new TextEncoder().encode(JSON.stringify(members)),
  );
  const id = base64Url(new Uint8Array(digest));
  const publicJwk = { ...members, alg: algorithm, use: "sig", kid: id };
  return { algorithm, id, privateKey, publicJwk };
}

/** Base64 for URLs, without padding (RFC 4648, 5). */
export function base64Url(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
