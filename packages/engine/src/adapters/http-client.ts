import { QwqError } from "@qwq-fit/schema";
import type { ErrorCode } from "@qwq-fit/schema";
import { readErrorBody, retryAfterMs } from "@qwq-fit/wire";

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Where an engine is reached. */
export interface Endpoint {
  /** Without a path: "http://127.0.0.1:8080". */
  readonly origin: string;
  readonly apiKey: string | null;
  readonly fetch: Fetch;
}

/** Longest that a question about the engine itself may take. */
const QUESTION_MS = 10_000;
const KNOWN_CODES: ReadonlySet<string> = new Set<ErrorCode>([
  "invalid_request",
  "context_too_long",
  "unauthorized",
  "forbidden",
  "rate_limited",
  "saturated",
  "timeout",
  "unknown_model",
  "upstream_error",
  "content_rejected",
]);

/** Sends JSON, or asks with GET where there is no body; the answer is a success. */
export async function request(
  { origin, apiKey, fetch }: Endpoint,
  path: string,
  body: unknown,
  signal: AbortSignal,
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(origin + path, {
      method: body === undefined ? "GET" : "POST",
      headers: {
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal,
    });
  } catch (error) {
    throw unreachable(error, signal);
  }
  if (response.ok) return response;
  const text = await response.text().catch(() => "");
  throw refusal(response, text);
}

/** JSON that an engine answers a question with. */
export async function ask(
  endpoint: Endpoint,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<unknown> {
  const limit = AbortSignal.timeout(QUESTION_MS);
  const both = signal === undefined ? limit : AbortSignal.any([limit, signal]);
  const response = await request(endpoint, path, body, both);
  try {
    return await response.json();
  } catch (error) {
    throw new QwqError("protocol_error", `${path} answers with what is no JSON.`, { cause: error });
  }
}

/** A connection that could not be made, or broke. */
export function unreachable(error: unknown, signal: AbortSignal): QwqError {
  if (QwqError.is(error)) return error;
  if (signal.aborted) {
    const timedOut = signal.reason instanceof Error && signal.reason.name === "TimeoutError";
    return timedOut
      ? new QwqError("timeout", "The engine does not answer.", { cause: error })
      : new QwqError("aborted", "The request was aborted.", { cause: error });
  }
  return new QwqError("network", "The engine cannot be reached.", {
    cause: error,
    hint: "Is it still running?",
  });
}

function refusal(response: Response, text: string): QwqError {
  const told = readErrorBody(text, response.status);
  const wait = retryAfterMs(response.headers, Date.now());
  // Engines say 503 while they load, and some while they are full.
  const full = response.status === 503 || told.code === "rate_limited";
  const code = full ? "saturated" : isKnown(told.code) ? told.code : "upstream_error";
  return new QwqError(code, `The engine refuses: ${told.message}`.slice(0, 500), {
    details: { status: response.status, ...(full ? { retryAfterMs: wait ?? 1000 } : {}) },
  });
}

function isKnown(code: string): code is ErrorCode {
  return KNOWN_CODES.has(code);
}
