import { createHash, randomInt, timingSafeEqual } from "node:crypto";

/** Characters that nobody mistakes for another: no 0 and O, no 1, I and L. 31^8 codes are 2^39.6. */
const ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";
const LENGTH = 8;
const VALID_MS = 10 * 60_000;
const MOST_WRONG = 5;

/** A code that pairs one client. */
export interface PairingCode {
  /** As a person reads it: "7KQ2-M4XD". */
  readonly text: string;
  readonly expiresMs: number;
  /** "right" once only; "over" after that, after ten minutes, and after five wrong tries. */
  check(given: string): "right" | "wrong" | "over";
}

/** A new code, valid from now on. */
export function createPairingCode(now: () => number): PairingCode {
  const code = Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join("");
  const expected = digest(code);
  const expiresMs = now() + VALID_MS;
  let wrong = 0;
  let used = false;
  return {
    text: `${code.slice(0, LENGTH / 2)}-${code.slice(LENGTH / 2)}`,
    expiresMs,
    check: (given) => {
      if (used || wrong >= MOST_WRONG || now() >= expiresMs) return "over";
      if (timingSafeEqual(expected, digest(given.toUpperCase().replaceAll(/[\s-]/gu, "")))) {
        used = true;
        return "right";
      }
      wrong += 1;
      return "wrong";
    },
  };
}

/** Of one length, whatever was given: what is compared takes the same time. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
