import { ClientError } from "../core/errors.ts";

const MARKER = Symbol.for("vercel.ai.error");
const CALL_MARKER = Symbol.for("vercel.ai.error.AI_APICallError");

/**
 * The failure as the AI SDK's `APICallError`: its `isInstance` goes by marker symbols, so that its retries
 * and its users' `catch` know the error without this package depending on it.
 */
export function apiCallError(error: unknown, body: unknown): unknown {
  // The caller's own abort is no failed call: the SDK knows it by its name, `AbortError`.
  if (!(error instanceof ClientError) || error.code === "aborted") return error;
  const facts = {
    name: "AI_APICallError",
    url: "qwq-fit:",
    requestBodyValues: body,
    statusCode: error.status === 0 ? undefined : error.status,
    responseHeaders:
      error.retryAfterMs === null ? {} : { "retry-after-ms": String(error.retryAfterMs) },
    isRetryable: error.retryable,
    data: error.toJSON(),
    [MARKER]: true,
    [CALL_MARKER]: true,
  };
  for (const [key, value] of Object.entries(facts))
    Object.defineProperty(error, key, { value, enumerable: key !== "name", configurable: true });
  for (const marker of [MARKER, CALL_MARKER]) Object.defineProperty(error, marker, { value: true });
  return error;
}
