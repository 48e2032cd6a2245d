import { QwqError, type ErrorCode } from "@qwq-fit/schema";
import { codeOfTold, isObject, parseJson, stringField } from "@qwq-fit/wire";

/** A failed request: what, where, and whether trying again may help. */
export class ClientError extends QwqError {
  /** HTTP status as OpenAI's clients know it; 0 where there was no answer. */
  readonly status: number;
  readonly retryable: boolean;
  /** Name of the target that failed last; "" where none was asked. */
  readonly target: string;
  readonly retryAfterMs: number | null;

  constructor(
    code: ErrorCode,
    message: string,
    facts: { status: number; target: string; retryAfterMs?: number | null; hint?: string },
  ) {
    super(code, message, facts.hint === undefined ? {} : { hint: facts.hint });
    this.status = facts.status;
    this.target = facts.target;
    this.retryAfterMs = facts.retryAfterMs ?? null;
    this.retryable = RETRYABLE.has(code);
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
  stream_interrupted: 'Use mode "continue" or "hold" to have another target finish such answers.',
};

/** The error that an envelope tells. */
export function errorOfEnvelope(
  body: string,
  facts: { status: number; target: string; retryAfterMs: number | null },
): ClientError {
  const value = parseJson(body);
  const inner = isObject(value) ? value["error"] : null;
  const told = codeOfTold(stringField(inner, "code") ?? "");
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- wire's codes are ours; it cannot name their type
  const code = (told ?? "upstream_error") as ErrorCode;
  const hint = HINTS[code];
  const message = stringField(inner, "message") || "the request failed";
  return new ClientError(code, message, hint === undefined ? facts : { ...facts, hint });
}
