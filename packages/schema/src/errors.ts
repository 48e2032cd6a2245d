/**
 * Machine-readable reason of a {@link QwqError}. Stable across minor versions: callers switch on
 * it, never on `message`. Grouped by who can mend it.
 */
export type ErrorCode =
  // the caller's input
  | "usage"
  | "invalid_request"
  | "invalid_value"
  | "invalid_configuration"
  | "unknown_model"
  | "unknown_hardware"
  | "ambiguous_name"
  | "unsupported_combination"
  | "context_too_long"
  // a file or a download
  | "file_not_found"
  | "invalid_gguf"
  | "unsupported_model"
  | "hash_mismatch"
  | "download_failed"
  | "disk_full"
  | "locked"
  // this machine
  | "probe_failed"
  | "does_not_fit"
  | "engine_missing"
  | "engine_failed"
  | "engine_crashed"
  // a network or a node
  | "network"
  | "timeout"
  | "aborted"
  | "unauthorized"
  | "forbidden"
  | "rate_limited"
  | "saturated"
  | "no_node_available"
  | "privacy_denied"
  | "upstream_error"
  | "stream_interrupted"
  | "protocol_error"
  | "content_rejected"
  // ours
  | "internal";

/** Options of {@link QwqError}: `cause` for the inner error, `hint` for what a person can do. */
export interface QwqErrorOptions extends ErrorOptions {
  readonly hint?: string;
  /** Facts beside the message, plain JSON, without secrets. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * The one error class of this project; every error thrown on purpose is one.
 *
 * Test with {@link QwqError.is}, not `instanceof`: two copies of this package may be installed.
 */
export class QwqError extends Error {
  override readonly name: string = "QwqError";
  readonly code: ErrorCode;
  /** What a person can do about it, one sentence; the command prints it under the message. */
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(code: ErrorCode, message: string, options: QwqErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.details = options.details;
  }

  /** Whether `error` is ours, and of this code if one is given. */
  static is(error: unknown, code?: ErrorCode): error is QwqError {
    if (!(error instanceof Error) || error.name !== "QwqError") return false;
    return "code" in error && (code === undefined || error.code === code);
  }

  /** The error as plain JSON, for `--json` and logs: no stack, no cause. */
  toJSON(): { code: ErrorCode; message: string; hint?: string; details?: object } {
    return {
      code: this.code,
      message: this.message,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      ...(this.details === undefined ? {} : { details: this.details }),
    };
  }
}
