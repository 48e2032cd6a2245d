import { hmac, toBase64Url, utf8 } from "./bytes.ts";

/** Crockford's alphabet: no I, L, O, U. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/** 80 bits that are drawn, and 20 that prove that this router drew them. */
const DRAWN = 16;
const CHECK = 4;

const letters = (bytes: Uint8Array, count: number): string =>
  Array.from(bytes.subarray(0, count), (byte) => ALPHABET[byte & 31]).join("");

async function checkOf(secret: string, drawn: string): Promise<string> {
  return letters(await hmac(secret, `join-code:${drawn}`), CHECK);
}

/** A one-time code for people: `XXXX-XXXX-XXXX-XXXX-XXXX`. */
export async function createJoinCode(secret: string): Promise<string> {
  const drawn = letters(crypto.getRandomValues(new Uint8Array(DRAWN)), DRAWN);
  const whole = drawn + (await checkOf(secret, drawn));
  return whole.replace(/(.{4})(?=.)/g, "$1-");
}

/** The code as it is compared, however somebody typed it; null for what no router of this secret has drawn. */
export async function readJoinCode(secret: string, typed: string): Promise<string | null> {
  if (typed.length > 64) return null;
  const plain = typed
    .toUpperCase()
    .replaceAll(/[\s-]/g, "")
    .replaceAll("O", "0")
    .replaceAll(/[IL]/g, "1");
  if (plain.length !== DRAWN + CHECK || /[^0-9A-HJKMNP-TV-Z]/.test(plain)) return null;
  const check = await checkOf(secret, plain.slice(0, DRAWN));
  return check === plain.slice(DRAWN) ? plain : null;
}

/** What is kept of a code. */
export async function hashOfCode(code: string): Promise<string> {
  return toBase64Url(new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(code))));
}
