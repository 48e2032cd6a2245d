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

/** The caller went away. */
export const ABORTED: Failure = {
  code: "aborted",
  fault: "aborted",
  retryAfterMs: null,
  param: null,
};

const REFUSED = "the node refused the request";
const BUSY = "the node is busy";
/** What a failure of this kind is called when told to the caller. */
const TOLD: Readonly<Record<string, string>> = {
  network: "the node could not be reached",
  timeout: "the node did not answer in time",
  saturated: BUSY,
  rate_limited: BUSY,
  stream_interrupted: "the stream ended before the answer was whole",
  protocol_error: "the node sent no answer",
  invalid_request: REFUSED,
  invalid_value: REFUSED,
  content_rejected: REFUSED,
  context_too_long: "prompt and answer do not fit the context",
  aborted: "aborted",
  unauthorized: "the node refused the key",
  forbidden: "the node forbids this",
  unknown_model: "the node does not have this model",
  no_node_available: "no node could answer",
};

/** The failure in words, without the node's own text. */
export function tellFailure(code: string): string {
  return TOLD[code] ?? "the node failed";
}
