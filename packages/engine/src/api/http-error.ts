import { QwqError } from "@qwq-fit/schema";
import type { ErrorCode } from "@qwq-fit/schema";
import { errorEnvelope, messagesError, statusOf } from "@qwq-fit/wire";
import type { ErrorEnvelope, Problem } from "@qwq-fit/wire";

/** A fault as HTTP tells it. */
export interface HttpFault {
  readonly code: ErrorCode;
  readonly message: string;
  readonly status: number;
  readonly param: string | null;
  readonly retryAfterMs: number | null;
}

/** Any error as an HTTP fault. What is not ours is `internal`, told without its text. */
export function faultOf(error: unknown): HttpFault {
  if (!QwqError.is(error)) {
    const aborted = error instanceof Error && error.name === "AbortError";
    const code = aborted ? "aborted" : "internal";
    return {
      code,
      message: aborted ? "the request was aborted" : "internal error",
      status: statusOf(code),
      param: null,
      retryAfterMs: null,
    };
  }
  const { details } = error;
  const param = details?.["param"];
  const status = details?.["status"];
  const retry = details?.["retryAfterMs"];
  return {
    code: error.code,
    message: error.hint === undefined ? error.message : `${error.message} (${error.hint})`,
    status: typeof status === "number" ? status : statusOf(error.code),
    param: typeof param === "string" ? param : null,
    retryAfterMs: typeof retry === "number" ? retry : null,
  };
}

/** The fault for a body with problems: all of them in the message, the first one's path as `param`. */
export function problemsError(problems: readonly Problem[]): QwqError {
  const first = problems[0];
  return new QwqError(
    first?.code ?? "invalid_request",
    problems.map((problem) => problem.message).join("; "),
    { details: { param: first?.param === "" ? null : (first?.param ?? null), status: 400 } },
  );
}

/** The error of one field. */
export function fieldError(code: ErrorCode, param: string, message: string): QwqError {
  return new QwqError(code, message, { details: { param } });
}

/** The body that the API of the path tells errors with. */
export function errorBody(
  fault: HttpFault,
  api: "openai" | "anthropic",
): ErrorEnvelope | ReturnType<typeof messagesError> {
  return api === "anthropic" ? messagesError(fault) : errorEnvelope(fault);
}

/** Headers that go with a fault. */
export function errorHeaders(fault: HttpFault): Record<string, string> {
  if (fault.retryAfterMs === null) return {};
  return {
    "retry-after": String(Math.max(1, Math.ceil(fault.retryAfterMs / 1000))),
    "retry-after-ms": String(Math.ceil(fault.retryAfterMs)),
  };
}
