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

/** Status and type by which our codes are told; those of one row differ by code alone. */
const ROWS: readonly (readonly [status: number, type: string, codes: string])[] = [
  [
    400,
    "invalid_request_error",
    "usage invalid_request invalid_value unsupported_combination context_too_long content_rejected",
  ],
  [401, "authentication_error", "unauthorized"],
  [403, "permission_error", "forbidden privacy_denied"],
  [404, "invalid_request_error", "unknown_model"],
  [499, "aborted", "aborted"],
  [429, "rate_limit_error", "rate_limited saturated"],
  [504, "timeout_error", "timeout"],
  [502, "upstream_error", "network upstream_error stream_interrupted protocol_error"],
  [
    503,
    "unavailable_error",
    "no_node_available engine_missing engine_failed engine_crashed does_not_fit",
  ],
];

/** OpenAI's own code where its clients know one. */
const OPENAI: Readonly<Record<string, string>> = {
  context_too_long: "context_length_exceeded",
  content_rejected: "content_filter",
  unauthorized: "invalid_api_key",
  unknown_model: "model_not_found",
  rate_limited: "rate_limit_exceeded",
};

const rowOf = (code: string): (typeof ROWS)[number] | undefined =>
  ROWS.find((row) => row[2].split(" ").includes(code));

/** The HTTP status of one of our codes; 500 for one that is not told outside. */
export function statusOf(code: string): number {
  return rowOf(code)?.[0] ?? 500;
}

/** The body for a fault. An `internal` fault is told without its message: it may quote anything. */
export function errorEnvelope(fault: WireFault): ErrorEnvelope {
  const row = rowOf(fault.code);
  return {
    error: {
      message: row === undefined ? "internal error" : fault.message,
      type: row?.[1] ?? "server_error",
      param: fault.param ?? null,
      code: row === undefined ? "internal" : (OPENAI[fault.code] ?? fault.code),
    },
  };
}

/** Our code for a code that was told over HTTP by us or by OpenAI; undefined for a strange one. */
export function codeOfTold(code: string): string | undefined {
  if (rowOf(code) !== undefined) return code;
  return Object.keys(OPENAI).find((own) => OPENAI[own] === code);
}
