import type { Caller } from "../guard/caller.ts";

/** What an answer object runs: plain JSON, so that it can be handed to another isolate. */
export interface AnswerJob {
  /** `ans_` and 22 characters: 128 bits, drawn, or derived from the caller and its idempotency key. */
  readonly id: string;
  readonly caller: Caller;
  /** "/v1/chat/completions" and the like. */
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** The request's own headers that decide something: `x-qwq-*` and `traceparent`. No credentials. */
  readonly headers: Readonly<Record<string, string>>;
  readonly requestId: string;
  /** Of the path and the body; the same key with another is refused. */
  readonly fingerprint: string;
  /** The caller chose a key, so the answer's id must be remembered longer than its text. */
  readonly keyed: boolean;
  readonly background: boolean;
  /** Where to tell that it has ended; null for nowhere. */
  readonly webhookUrl: string | null;
}

/** The form of an answer's id, checked before anything is looked up. */
const FORM = /^ans_[A-Za-z0-9_-]{22}$/;

export const isAnswerId = (text: string): boolean => FORM.test(text);

const encoder = new TextEncoder();

/** Base64 for URLs, without padding. */
export function base64Url(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

async function digest(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(text)));
}

/** A fresh id that nobody can guess. */
export function drawAnswerId(): string {
  return `ans_${base64Url(crypto.getRandomValues(new Uint8Array(16)))}`;
}

/** The id of a caller's key: the same for each repeat, another for another caller. */
export async function keyedAnswerId(caller: string, key: string): Promise<string> {
  // A caller's name holds no NUL, so no two pairs are written alike.
  return `ans_${base64Url((await digest(`${caller}\0${key}`)).slice(0, 16))}`;
}

/** What a repeat must have in common with the first: path and body. */
export async function fingerprintOf(path: string, body: AnswerJob["body"]): Promise<string> {
  return base64Url(await digest(`${path}\0${JSON.stringify(body)}`));
}
