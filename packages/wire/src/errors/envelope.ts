/** OpenAI's error body. */
export interface ErrorEnvelope {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string | null;
  };
}

/** What is told of an error over HTTP. `code` is one of this project's codes. */
export interface WireFault {
  readonly code: string;
  readonly message: string;
  /** Path of the field at fault, as `messages[2].content`. */
  readonly param?: string | null;
  /** HTTP status where it differs from the code's own: 413 for a body that is too large. */
  readonly status?: number;
}

interface Told {
  readonly status: number;
  readonly type: string;
  /** OpenAI's own code where its clients know one. */
  readonly code: string;
}

const INVALID = "invalid_request_error";

/** Our codes as HTTP tells them. What is not listed is a fault of ours: 500. */
const TOLD: Readonly<Record<string, Told>> = {
  usage: { status: 400, type: INVALID, code: "usage" },
  invalid_request: { status: 400, type: INVALID, code: "invalid_request" },
  invalid_value: { status: 400, type: INVALID, code: "invalid_value" },
  unsupported_combination: { status: 400, type: INVALID, code: "unsupported_combination" },
  context_too_long: { status: 400, type: INVALID, code: "context_length_exceeded" },
  content_rejected: { status: 400, type: INVALID, code: "content_filter" },
  unauthorized: { status: 401, type: "authentication_error", code: "invalid_api_key" },
  forbidden: { status: 403, type: "permission_error", code: "forbidden" },
  privacy_denied: { status: 403, type: "permission_error", code: "privacy_denied" },
  unknown_model: { status: 404, type: INVALID, code: "model_not_found" },
  aborted: { status: 499, type: "aborted", code: "aborted" },
  rate_limited: { status: 429, type: "rate_limit_error", code: "rate_limit_exceeded" },
  saturated: { status: 429, type: "rate_limit_error", code: "saturated" },
  timeout: { status: 504, type: "timeout_error", code: "timeout" },
  network: { status: 502, type: "upstream_error", code: "network" },
  upstream_error: { status: 502, type: "upstream_error", code: "upstream_error" },
  stream_interrupted: { status: 502, type: "upstream_error", code: "stream_interrupted" },
  protocol_error: { status: 502, type: "upstream_error", code: "protocol_error" },
  no_node_available: { status: 503, type: "unavailable_error", code: "no_node_available" },
  engine_missing: { status: 503, type: "unavailable_error", code: "engine_missing" },
  engine_failed: { status: 503, type: "unavailable_error", code: "engine_failed" },
  engine_crashed: { status: 503, type: "unavailable_error", code: "engine_crashed" },
  does_not_fit: { status: 503, type: "unavailable_error", code: "does_not_fit" },
};

/** The HTTP status of one of our codes; 500 for one that is not told outside. */
export function statusOf(code: string): number {
  return TOLD[code]?.status ?? 500;
}

/** The body for a fault. An `internal` fault is told without its message: it may quote anything. */
export function errorEnvelope(fault: WireFault): ErrorEnvelope {
  const told = TOLD[fault.code] ?? { status: 500, type: "server_error", code: "internal" };
  return {
    error: {
      message: told.code === "internal" ? "internal error" : fault.message,
      type: told.type,
      param: fault.param ?? null,
      code: told.code,
    },
  };
}

/** Our code for a code that was told over HTTP by us or by OpenAI; undefined for a strange one. */
export function codeOfTold(code: string): string | undefined {
  if (code in TOLD) return code;
  return Object.entries(TOLD).find(([, told]) => told.code === code)?.[0];
}
