import {
  type ChatCompletion,
  chunksOf,
  DONE_EVENT,
  encodeSseJson,
  readErrorBody,
  type SseFrame,
} from "@qwq-fit/wire";
import { type Failure, nodeFailure } from "./failure.ts";
import { frameOf } from "./frames.ts";

export type ParsedAnswer =
  | { readonly ok: true; readonly completion: ChatCompletion }
  | { readonly ok: false; readonly failure: Failure };

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether the value is a whole answer of this API: each choice has a message (or text) and its end. */
function isAnswer(value: Readonly<Record<string, unknown>>, api: string): boolean {
  if (api === "embeddings") return Array.isArray(value["data"]);
  const choices = value["choices"];
  if (!Array.isArray(choices) || choices.length === 0) return false;
  return choices.every(
    (choice: unknown) =>
      isObject(choice) &&
      typeof choice["finish_reason"] === "string" &&
      (api === "completions" ? typeof choice["text"] === "string" : isObject(choice["message"])),
  );
}

/** Reads an answer without a stream. A cut body is no JSON; an error in a 200 is an error. */
export function parseAnswer(
  text: string,
  api: "chat" | "completions" | "embeddings",
): ParsedAnswer {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, failure: nodeFailure("protocol_error") };
  }
  if (isObject(value) && value["error"] !== undefined && value["error"] !== null) {
    const told = readErrorBody(value);
    return {
      ok: false,
      failure: nodeFailure(told.code === "saturated" ? "saturated" : "upstream_error"),
    };
  }
  if (!isObject(value) || !isAnswer(value, api)) {
    return { ok: false, failure: nodeFailure("protocol_error") };
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked as far as it is read; the rest passes through
  return { ok: true, completion: value as unknown as ChatCompletion };
}

/** A whole answer, got where a stream was asked for, as the frames of a stream. */
export function framesOfAnswer(answer: ChatCompletion, includeUsage: boolean): SseFrame[] {
  const chunks = chunksOf(answer, { includeUsage }).map((chunk) => frameOf(encodeSseJson(chunk)));
  return [...chunks, frameOf(DONE_EVENT)];
}
