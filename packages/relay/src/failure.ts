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
