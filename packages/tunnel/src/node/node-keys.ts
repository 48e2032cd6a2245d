import { fromBase64Url, toBase64Url, utf8 } from "../identity/bytes.ts";
import type { PublicKey } from "../identity/certificate.ts";
import { ALGORITHM, HEADER, LIFETIME_S } from "../identity/node-token.ts";

/** A node's keys; the private one never leaves its machine. */
export interface NodeKeys {
  readonly publicKey: PublicKey;
  /** PKCS#8, base64url. */
  readonly privateKey: string;
}

/** Makes a pair of keys. */
export async function createNodeKeys(): Promise<NodeKeys> {
  const pair = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const { x = "", y = "" } = await crypto.subtle.exportKey("jwk", pair.publicKey);
  const pkcs8 = await crypto.subtle.exportKey("pkcs8", pair.privateKey);
  return { publicKey: { x, y }, privateKey: toBase64Url(new Uint8Array(pkcs8)) };
}

export interface TokenClaims {
  /** The router's certificate of the node's key. */
  readonly certificate: string;
  /** Host and port of the router as the node dials it. */
  readonly audience: string;
  readonly nowMs: number;
}

/** A token by which a node proves itself once: signed by itself, good for a minute. */
export async function signNodeToken(keys: NodeKeys, claims: TokenClaims): Promise<string> {
  const seconds = Math.floor(claims.nowMs / 1000);
  const payload = {
    crt: claims.certificate,
    aud: claims.audience,
    iat: seconds,
    exp: seconds + LIFETIME_S,
    jti: toBase64Url(crypto.getRandomValues(new Uint8Array(16))),
  };
  const text = `${HEADER}.${toBase64Url(utf8(JSON.stringify(payload)))}`;
  const pkcs8 = fromBase64Url(keys.privateKey) ?? new Uint8Array(0);
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, ALGORITHM, false, ["sign"]);
  const signature = await crypto.subtle.sign(ALGORITHM, key, utf8(text));
  return `${text}.${toBase64Url(new Uint8Array(signature))}`;
}
