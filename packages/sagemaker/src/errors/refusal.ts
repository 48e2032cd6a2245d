import { encodeSseJson, errorEnvelope } from "@qwq-fit/wire";

/** Why an endpoint gave no answer, in this project's words: nothing of AWS's or the container's own is in it. */
export interface Refusal {
  readonly status: number;
  /** One of this project's error codes. */
  readonly code: string;
  readonly message: string;
  readonly retryAfterSeconds: number | null;
  readonly param: string | null;
}

/** A refusal with what is seldom told left out. */
export function refusal(
  status: number,
  code: string,
  message: string,
  more: Partial<Pick<Refusal, "retryAfterSeconds" | "param">> = {},
): Refusal {
  return { status, code, message, retryAfterSeconds: null, param: null, ...more };
}

/** The endpoint has no instance yet, and one is being started. */
export const starting = (retryAfterSeconds: number): Refusal =>
  refusal(503, "no_node_available", "the endpoint is starting", { retryAfterSeconds });

/** The refusal over HTTP, as OpenAI's error. */
export function refusalResponse(told: Refusal): Response {
  const { status, code, message, param, retryAfterSeconds } = told;
  return Response.json(errorEnvelope({ code, message, param }), {
    status,
    headers: retryAfterSeconds === null ? {} : { "retry-after": String(retryAfterSeconds) },
  });
}

/** What ends a stream that cannot be made whole. No `[DONE]` follows it. */
export function errorEvent(code: string, message: string): string {
  return encodeSseJson(errorEnvelope({ code, message }));
}
