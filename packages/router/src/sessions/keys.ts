import { type CryptoKey, exportJWK, importJWK, type JWK } from "jose";
import { base64Url } from "../answers/job.ts";

/** What tokens are made with, all of one secret. */
export interface SessionKeys {
  readonly sign: CryptoKey;
  readonly verify: CryptoKey;
  /** For refresh tokens. */
  readonly mac: CryptoKey;
}

const encoder = new TextEncoder();
/** The frame of a private Ed25519 key before its 32 bytes (RFC 8410, section 7). */
const PKCS8 = Uint8Array.from([
  0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
]);

/** Shorter secrets can be guessed. */
export const LEAST_SECRET = 32;

/** Keys of a secret: an Ed25519 pair for access tokens and one for codes over refresh tokens (HKDF, RFC 5869). */
export async function sessionKeys(secret: string): Promise<SessionKeys> {
  const text = new Uint8Array(encoder.encode(secret));
  const root = await crypto.subtle.importKey("raw", text, "HKDF", false, ["deriveBits"]);
  const derive = async (info: string): Promise<Uint8Array<ArrayBuffer>> => {
    const algorithm = {
      name: "HKDF",
      hash: "SHA-256",
      salt: new Uint8Array(0),
      info: new Uint8Array(encoder.encode(`qwq-fit ${info}`)),
    };
    return new Uint8Array(await crypto.subtle.deriveBits(algorithm, root, 256));
  };
  const seed = await derive("access token");
  const pkcs8 = new Uint8Array(PKCS8.length + seed.length);
  pkcs8.set(PKCS8);
  pkcs8.set(seed, PKCS8.length);
  const sign = await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", true, ["sign"]);
  const { d: _private, key_ops: _ops, ...shown } = await exportJWK(sign);
  const verify = await importJWK({ ...shown, alg: "EdDSA" } satisfies JWK, "EdDSA");
  if (verify instanceof Uint8Array) throw new TypeError("no public key");
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const mac = await crypto.subtle.importKey("raw", await derive("refresh token"), hmac, false, [
    "sign",
    "verify",
  ]);
  return { sign, verify, mac };
}

/** 22 characters that tell a text from others and do not tell the text. */
export async function shortHash(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new Uint8Array(encoder.encode(text)));
  return base64Url(new Uint8Array(hash).slice(0, 16));
}
