import { codeOfStatus, readErrorBody, retryAfterMs } from "@qwq-fit/wire";

/** Why a try at a node failed. No text of the node's is in it. */
export interface Failure {
  /** One of this project's error codes. */
  readonly code: string;
  /**
   * Who is at fault: the "caller" (no other node would answer differently), the "node", a "busy" node
   * (no fault, but others may be free), or the caller went away ("aborted").
   */
  readonly fault: "caller" | "node" | "busy" | "aborted";
  readonly retryAfterMs: number | null;
  /** Field of the request that the node complained of, where the caller is at fault. */
  readonly param: string | null;
}

/** A failure of the node with this code. */
export function nodeFailure(code: string): Failure {
  return { code, fault: "node", retryAfterMs: null, param: null };
}

/** What a failure of this kind is called when told to the caller. */
const TOLD: Readonly<Record<string, string>> = {
  network: "the node could not be reached",
  timeout: "the node did not answer in time",
  saturated: "the node takes no more requests now",
  rate_limited: "the node takes no more requests now",
  stream_interrupted: "the node's stream ended before the answer was whole",
  protocol_error: "the node sent something that is no answer",
  invalid_request: "the node refused the request as invalid",
  invalid_value: "the node refused a value of the request",
  context_too_long: "the prompt and the answer do not fit the model's context",
  content_rejected: "the node refused the request's content",
  aborted: "the request was aborted",
  no_node_available: "no node could answer",
};

/** The failure in words, without the node's own text. */
export function tellFailure(code: string): string {
  return TOLD[code] ?? "the node failed";
}

/** Codes by which a node says that the request itself is wrong. */
const CALLER_CODES = new Set(["invalid_request", "invalid_value", "usage", "content_rejected"]);

/**
 * What a response that is no success means. 401, 403 and 404 are the node's fault here: its key and its
 * model are our configuration, not the caller's.
 */
export function failureOfStatus(
  status: number,
  bodyText: string,
  headers: Headers,
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
      : { code: "saturated", fault: "busy", retryAfterMs: wait, param: null };
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
