import { codeOfStatus, readErrorBody, retryAfterMs } from "@qwq-fit/wire";
import type { UpstreamAnswer } from "./ports.ts";
import { type Failure, nodeFailure } from "./failure.ts";

/** Codes by which a node says that the request itself is wrong. */
const CALLER_CODES = new Set(["invalid_request", "invalid_value", "usage", "content_rejected"]);

/**
 * What a response that is no success means. 401, 403 and 404 are the node's fault here: its key and its
 * model are our configuration, not the caller's.
 */
export function failureOfStatus(
  status: number,
  bodyText: string,
  headers: UpstreamAnswer["headers"],
  epochMs: number | undefined,
): Failure {
  const told = readErrorBody(bodyText, status);
  // Without a clock a date means "at once".
  const wait = retryAfterMs(headers, epochMs ?? Infinity);
  if (status === 429)
    return { code: "saturated", fault: "busy", retryAfterMs: wait ?? 1000, param: null };
  if (status === 503) {
    // Loading or overloaded when it says when to come back, else broken.
    return wait === null
      ? nodeFailure("upstream_error")
      : { code: "no_node_available", fault: "busy", retryAfterMs: wait, param: null };
  }
  // Another node may have a longer context, so it is asked; nobody is at fault.
  if (told.code === "context_too_long") {
    return { code: "context_too_long", fault: "busy", retryAfterMs: null, param: null };
  }
  if ((status === 400 || status === 422 || status === 413) && CALLER_CODES.has(told.code)) {
    return { code: told.code, fault: "caller", retryAfterMs: null, param: told.param };
  }
  if (status === 400 || status === 413 || status === 422) {
    return { code: "invalid_request", fault: "caller", retryAfterMs: null, param: told.param };
  }
  const code = codeOfStatus(status);
  return nodeFailure(code === "timeout" ? "timeout" : "upstream_error");
}
