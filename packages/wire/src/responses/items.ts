import type { JsonObject } from "../json.ts";
import type { NamedEvent } from "../named-event.ts";

/** The names of the events of thought: OpenAI's SDK and the Open Responses schema differ. */
export type ResponsesDialect = "openai" | "open-responses";

/** An output item while it is written. Its events come without their sequence numbers. */
export interface OutputItem {
  readonly kind: "reasoning" | "message" | "function_call";
  readonly index: number;
  open(): NamedEvent[];
  add(text: string): NamedEvent[];
  close(status: "completed" | "incomplete"): NamedEvent[];
  /** As it stands in `output`. */
  item(): JsonObject;
}

/** A message or a thought: an item with one part of text. */
export function createTextItem(options: {
  readonly kind: "reasoning" | "message";
  readonly index: number;
  readonly id: string;
  readonly dialect: ResponsesDialect;
}): OutputItem {
  const { kind, index, id, dialect } = options;
  const place = { item_id: id, output_index: index, content_index: 0 };
  const thought = dialect === "openai" ? "response.reasoning_text" : "response.reasoning";
  const name = kind === "message" ? "response.output_text" : thought;
  let text = "";
  let status: "in_progress" | "completed" | "incomplete" = "in_progress";
  const part = (): JsonObject =>
    kind === "message"
      ? { type: "output_text", text, annotations: [], logprobs: [] }
      : { type: "reasoning_text", text };
  const item = (empty: boolean): JsonObject => {
    const content = empty ? [] : [part()];
    return kind === "message"
      ? { id, type: "message", status, role: "assistant", content }
      : { id, type: "reasoning", status, summary: [], content };
  };
  const logprobs = kind === "message" ? { logprobs: [] } : {};
  return {
    kind,
    index,
    item: () => item(false),
    open: () => [
      { type: "response.output_item.added", output_index: index, item: item(true) },
      { type: "response.content_part.added", ...place, part: part() },
    ],
    add: (more) => {
      text += more;
      return [{ type: `${name}.delta`, ...place, delta: more, ...logprobs }];
    },
    close: (final) => {
      status = final;
      return [
        { type: `${name}.done`, ...place, text, ...logprobs },
        { type: "response.content_part.done", ...place, part: part() },
        { type: "response.output_item.done", output_index: index, item: item(false) },
      ];
    },
  };
}

/** A call of a function. */
export function createCallItem(options: {
  readonly index: number;
  readonly id: string;
  readonly callId: string;
  readonly name: string;
}): OutputItem {
  const { index, id, callId, name } = options;
  const place = { item_id: id, output_index: index };
  let text = "";
  let status: "in_progress" | "completed" | "incomplete" = "in_progress";
  const item = (): JsonObject => ({
    id,
    type: "function_call",
    status,
    call_id: callId,
    name,
    arguments: text,
  });
  return {
    kind: "function_call",
    index,
    item,
    open: () => [{ type: "response.output_item.added", output_index: index, item: item() }],
    add: (more) => {
      text += more;
      return [{ type: "response.function_call_arguments.delta", ...place, delta: more }];
    },
    close: (final) => {
      status = final;
      return [
        { type: "response.function_call_arguments.done", ...place, name, arguments: text },
        { type: "response.output_item.done", output_index: index, item: item() },
      ];
    },
  };
}
