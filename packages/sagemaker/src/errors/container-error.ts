import { codeOfStatus, readErrorBody, statusOf } from "@qwq-fit/wire";
import { cleanText } from "./clean-text.ts";
import { type Refusal, refusal } from "./refusal.ts";

/** What a container answered behind SageMaker's front door. */
export interface ContainerError {
  readonly status: number;
  /** Its body as it sent it; null where SageMaker did not pass it on. */
  readonly body: string | null;
}

/**
 * Reads SageMaker's wrapping of a container's error. Only where its wording opens the message: a caller's text may
 * come back inside a container's. Null where it is none.
 *
 * `Received client error (400) from VARIANT with message "BODY". See URL in account ID for more information.`
 */
export function readWrapped(message: string): ContainerError | null {
  const opening = /^Received (?:client|server) error \((\d{3})\) from /u.exec(message);
  if (opening === null) return null;
  const status = Number(opening[1]);
  const begin = message.indexOf(' with message "');
  const end = message.lastIndexOf('". See ');
  const cut = / and could not load the entire response body/u.test(
    message.slice(0, begin < 0 ? undefined : begin),
  );
  if (cut || begin < 0) return { status, body: null };
  const from = begin + ' with message "'.length;
  const to = end >= from ? end : message.endsWith('"') ? message.length - 1 : message.length;
  return { status, body: message.slice(from, to) };
}

/** Whether a status says that the request was wrong, and not the container or its load. */
const isCallers = (status: number): boolean => status === 400 || status === 413 || status === 422;

/** A container's error in our words; its own only where they are about the request. */
export function containerRefusal({ status, body }: ContainerError): Refusal {
  const told = readErrorBody(body ?? "", status);
  if (told.code === "context_too_long") {
    return refusal(400, told.code, "prompt and answer do not fit the context", {
      param: told.param,
    });
  }
  if (isCallers(status)) {
    const words = cleanText(told.message);
    const code = statusOf(told.code) === 400 ? told.code : "invalid_request";
    return refusal(status, code, words === "" ? "the container refused the request" : words, {
      param: told.param === null ? null : cleanText(told.param),
    });
  }
  if (status === 429)
    return refusal(429, "saturated", "the container is busy", { retryAfterSeconds: 1 });
  if (status === 503) return refusal(503, "no_node_available", "the container cannot serve now");
  if (status === 408 || status === 504)
    return refusal(504, "timeout", "the container did not answer in time");
  const code = codeOfStatus(status) === "unknown_model" ? "unknown_model" : "upstream_error";
  return refusal(code === "unknown_model" ? 404 : 502, code, "the container failed");
}
