import { isObject, parseJson, stringField } from "../json.ts";
import { codeOfTold } from "./envelope.ts";

/** What an upstream said went wrong. `message` is its own text: not to be passed on to strangers. */
export interface UpstreamError {
  /** One of this project's codes. */
  readonly code: string;
  readonly message: string;
  readonly type: string | null;
  readonly param: string | null;
  /** The code in the upstream's words. */
  readonly upstreamCode: string | null;
  readonly status: number | null;
}

/** Most of an upstream's message that is kept, in characters. */
const MESSAGE_LIMIT = 2000;

/**
 * Reads an error body (parsed JSON or text) in the shapes that servers use: OpenAI's
 * `{error:{…}}`, `{error:"text"}`, `{message}`, `{detail}`, Anthropic's `{type:"error",error}`.
 */
export function readErrorBody(body: unknown, status: number | null = null): UpstreamError {
  const value = typeof body === "string" ? (parseJson(body) ?? body) : body;
  const inner = isObject(value) && value["error"] !== undefined ? value["error"] : value;
  const message =
    stringField(inner, "message") ??
    stringField(inner, "detail") ??
    (typeof inner === "string" ? inner : "");
  const rawCode = isObject(inner) ? inner["code"] : undefined;
  const upstreamCode =
    typeof rawCode === "string" ? rawCode : typeof rawCode === "number" ? String(rawCode) : null;
  const type = stringField(inner, "type") ?? null;
  const told = status ?? numericStatus(rawCode);
  return {
    code: codeOfUpstream({ status: told, upstreamCode, type, message }),
    message: message.slice(0, MESSAGE_LIMIT),
    type,
    param: stringField(inner, "param") ?? null,
    upstreamCode,
    status: told,
  };
}

function numericStatus(code: unknown): number | null {
  const number = typeof code === "string" ? Number(code) : code;
  return typeof number === "number" && number >= 400 && number < 600 ? number : null;
}

/** Words by which engines tell that the prompt is too long, where they give no code. */
const TOO_LONG =
  /context (length|size|window)|maximum context|exceeds? the (available )?context|too many tokens|prompt is too long/i;

function codeOfUpstream(error: {
  readonly status: number | null;
  readonly upstreamCode: string | null;
  readonly type: string | null;
  readonly message: string;
}): string {
  const { status, upstreamCode, type, message } = error;
  const known = upstreamCode === null ? undefined : codeOfTold(upstreamCode);
  if (known !== undefined) return known;
  const byType = type === null ? undefined : TYPES[type];
  if ((status === null || status === 400 || status === 413) && TOO_LONG.test(message)) {
    return "context_too_long";
  }
  if (byType !== undefined) return byType;
  return status === null ? "upstream_error" : codeOfStatus(status);
}

const TYPES: Readonly<Record<string, string>> = {
  exceed_context_size_error: "context_too_long",
  overloaded_error: "saturated",
  rate_limit_error: "rate_limited",
  authentication_error: "unauthorized",
  permission_error: "forbidden",
  not_found_error: "unknown_model",
};

/** Our code for a bare HTTP status. */
export function codeOfStatus(status: number): string {
  switch (status) {
    case 401:
      return "unauthorized";
    case 403:
      return "forbidden";
    case 404:
      return "unknown_model";
    case 408:
    case 504:
      return "timeout";
    case 429:
      return "rate_limited";
    case 499:
      return "aborted";
    default:
      return status >= 400 && status < 500 ? "invalid_request" : "upstream_error";
  }
}
