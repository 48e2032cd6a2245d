import { QwqError, type ErrorCode, type Receipt } from "@qwq-fit/schema";

/** A failed request: what, where, and whether trying again may help. */
export class ClientError extends QwqError {
  /** HTTP status as OpenAI's clients know it; 0 where there was no answer. */
  readonly status: number;
  readonly retryable: boolean;
  /** Name of the target that failed last; "" where none was asked. */
  readonly target: string;
  readonly retryAfterMs: number | null;
  /** Which targets were tried; null where the error came before or after all tries. */
  readonly receipt: Receipt | null;

  constructor(
    code: ErrorCode,
    message: string,
    facts: {
      status: number;
      target: string;
      retryAfterMs?: number | null;
      hint?: string;
      receipt?: Receipt;
    },
  ) {
    super(code, message, facts.hint === undefined ? {} : { hint: facts.hint });
    this.status = facts.status;
    this.target = facts.target;
    this.retryAfterMs = facts.retryAfterMs ?? null;
    this.retryable = RETRYABLE.has(code);
    this.receipt = facts.receipt ?? null;
    // What users of `AbortSignal` look for.
    if (code === "aborted") Object.defineProperty(this, "name", { value: "AbortError" });
  }
}

const RETRYABLE: ReadonlySet<ErrorCode> = new Set([
  "network",
  "timeout",
  "rate_limited",
  "saturated",
  "no_node_available",
  "upstream_error",
  "stream_interrupted",
  "engine_crashed",
  "protocol_error",
]);

const HINTS: Partial<Record<ErrorCode, string>> = {
  unauthorized: "Check the target's `apiKey`.",
  unknown_model: "Name it: `model` of the target, or of `cloud`.",
  stream_interrupted: 'Modes "continue" and "hold" go on at another target.',
};

/** A failure in words of our own. */
export function clientError(
  code: string,
  message: string,
  facts: { status: number; target: string; retryAfterMs: number | null; receipt?: Receipt },
): ClientError {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- relay's and wire's codes are ours; they cannot name their type
  const known = code as ErrorCode;
  const hint = HINTS[known];
  return new ClientError(known, message, hint === undefined ? facts : { ...facts, hint });
}
