import { readErrorBody } from "../errors/body.ts";
import type { UpstreamError } from "../errors/body.ts";
import { isObject, parseJson } from "../json.ts";
import { DONE } from "../sse/encode.ts";
import type { SseEvent } from "../sse/decode.ts";
import type { ChatChunk } from "./response.ts";

/** What one event of a chat completion stream is. */
export type ChatData =
  | { readonly kind: "chunk"; readonly chunk: ChatChunk }
  | { readonly kind: "done" }
  /** An error told in a stream whose status was 200. */
  | { readonly kind: "error"; readonly error: UpstreamError }
  /** No JSON, or JSON of another shape; a cut event too. */
  | { readonly kind: "malformed"; readonly reason: string };

/**
 * Reads one event. Chunks come back with `choices` an array and each choice with a `delta` object;
 * everything else in them is as it was sent.
 */
export function readChatData(event: Pick<SseEvent, "event" | "data">): ChatData {
  const text = event.data?.trim() ?? "";
  if (text === DONE) return { kind: "done" };
  const value = parseJson(text);
  if (event.event === "error") return { kind: "error", error: readErrorBody(value ?? text) };
  if (!isObject(value)) return { kind: "malformed", reason: "the event's data is no JSON object" };
  if (value["error"] !== undefined && value["error"] !== null) {
    return { kind: "error", error: readErrorBody(value) };
  }
  const choices = value["choices"];
  // A last chunk with usage alone, as a few servers send it, has no choices.
  const list: unknown = choices === undefined && isObject(value["usage"]) ? [] : choices;
  if (!Array.isArray(list)) return { kind: "malformed", reason: "the event has no `choices`" };
  if (!list.every(isObject)) return { kind: "malformed", reason: "a choice is no object" };
  // Filled in where it stands: the value was parsed here and is nobody else's.
  const { id, created, model } = value;
  Object.assign(value, { id: id ?? "", created: created ?? 0, model: model ?? "", choices: list });
  for (const choice of list) {
    const { index, delta, finish_reason: finish } = choice;
    if (typeof index !== "number") Object.assign(choice, { index: 0 });
    if (!isObject(delta)) Object.assign(choice, { delta: {} });
    if (finish === undefined) Object.assign(choice, { finish_reason: null });
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked as far as it is read; the rest passes through
  return { kind: "chunk", chunk: value as unknown as ChatChunk };
}
