import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/** What may be asked to be proved. */
export const LAN_NONCE: RegExp = /^[\w-]{16,128}$/u;

export function lanNonce(): string {
  return randomBytes(24).toString("base64url");
}

/**
 * HMAC-SHA256 (RFC 2104) by a pairing's key over the client's nonce and the address that it called, as
 * "192.168.1.5:8080". A server proves its own addresses alone, so that nobody can pass the question on to it.
 */
export function lanProof(key: string, nonce: string, address: string): string {
  return createHmac("sha256", key).update(`qwq-fit lan\n${nonce}\n${address}`).digest("hex");
}

/** Whether `given` is the proof; takes the same time for each of its length. */
export function isLanProof(given: string, key: string, nonce: string, address: string): boolean {
  const expected = Buffer.from(lanProof(key, nonce, address));
  const told = Buffer.from(given);
  return told.length === expected.length && timingSafeEqual(told, expected);
}
