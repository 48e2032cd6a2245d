import { reasoningOf } from "../chat/reasoning-of.ts";
import { chunksOf } from "../chat/chunks.ts";
import type {
  ChatChunk,
  ChatCompletion,
  ChatUsage,
  FinishReason,
  ToolCallDelta,
} from "../chat/response.ts";
import type { JsonObject } from "../json.ts";
import type { ChatConverter, NamedEvent } from "../named-event.ts";
import { createCallItem, createTextItem } from "./items.ts";
import type { OutputItem, ResponsesDialect } from "./items.ts";
import { responseResource } from "./resource.ts";

export interface ResponsesOptions {
  /** The body that was asked with: the response repeats its settings. */
  readonly request: JsonObject;
  /** "resp_…". */
  readonly id: string;
  readonly model: string;
  /** The time, in ms since 1970. */
  readonly now: () => number;
  /** Default "openai". */
  readonly dialect?: ResponsesDialect;
}

/** Turns the chunks of a chat completion (first choice) into the events of `/v1/responses`. */
export function createResponsesConverter(options: ResponsesOptions): ChatConverter {
  const { request, id, now, dialect = "openai" } = options;
  const seconds = (): number => Math.floor(now() / 1000);
  const createdAt = seconds();
  const items: OutputItem[] = [];
  const calls = new Map<number, OutputItem>();
  let text: OutputItem | null = null;
  let model = options.model;
  let usage: ChatUsage | null = null;
  let finish: FinishReason | null = null;
  let error: { code: string; message: string } | null = null;
  let completedAt: number | null = null;
  let sequence = 0;

  const numbered = (events: readonly NamedEvent[]): NamedEvent[] =>
    events.map(({ type, ...rest }) => ({ type, sequence_number: sequence++, ...rest }));

  function status(): "in_progress" | "completed" | "incomplete" | "failed" {
    if (error !== null) return "failed";
    if (completedAt === null) return "in_progress";
    return finish === "length" || finish === "content_filter" ? "incomplete" : "completed";
  }

  function whole(): JsonObject {
    const present = status();
    return responseResource(request, {
      id,
      createdAt,
      completedAt: present === "completed" ? completedAt : null,
      model,
      status: present,
      incompleteReason:
        present !== "incomplete"
          ? null
          : finish === "length"
            ? "max_output_tokens"
            : "content_filter",
      error,
      output: items.map((item) => item.item()),
      usage,
    });
  }

  function closeText(final: "completed" | "incomplete" = "completed"): NamedEvent[] {
    const events = text?.close(final) ?? [];
    text = null;
    return events;
  }

  function addText(kind: "reasoning" | "message", more: string): NamedEvent[] {
    const events: NamedEvent[] = [];
    if (text?.kind !== kind) {
      events.push(...closeText());
      const prefix = kind === "reasoning" ? "rs" : "msg";
      const index = items.length;
      text = createTextItem({ kind, index, id: `${prefix}_${id}_${index}`, dialect });
      items.push(text);
      events.push(...text.open());
    }
    return [...events, ...(text?.add(more) ?? [])];
  }

  function addCall(delta: ToolCallDelta): NamedEvent[] {
    const events: NamedEvent[] = [];
    let item = calls.get(delta.index);
    if (item === undefined) {
      events.push(...closeText());
      const index = items.length;
      item = createCallItem({
        index,
        id: `fc_${id}_${index}`,
        callId: delta.id ?? `call_${id}_${index}`,
        name: delta.function?.name ?? "",
      });
      calls.set(delta.index, item);
      items.push(item);
      events.push(...item.open());
    }
    const more = delta.function?.arguments ?? "";
    return more === "" ? events : [...events, ...item.add(more)];
  }

  function push(chunk: ChatChunk): NamedEvent[] {
    const events: NamedEvent[] = [];
    if (chunk.model !== "") model = chunk.model;
    if (chunk.usage) usage = chunk.usage;
    for (const choice of chunk.choices) {
      if (choice.index !== 0) continue;
      const thought = reasoningOf(choice.delta);
      if (thought !== undefined) events.push(...addText("reasoning", thought));
      if (choice.delta.content) events.push(...addText("message", choice.delta.content));
      for (const call of choice.delta.tool_calls ?? []) events.push(...addCall(call));
      if (choice.finish_reason) finish = choice.finish_reason;
    }
    return numbered(events);
  }

  function finishItems(final: "completed" | "incomplete"): NamedEvent[] {
    const open = [...calls.values()];
    calls.clear();
    return [...closeText(final), ...open.flatMap((item) => item.close(final))];
  }

  function fail(fault: { readonly code: string; readonly message: string }): NamedEvent[] {
    error = { code: fault.code, message: fault.message };
    const closed = finishItems("incomplete");
    return numbered([...closed, { type: "response.failed", response: whole() }]);
  }

  return {
    start: () =>
      numbered([
        { type: "response.created", response: whole() },
        { type: "response.in_progress", response: whole() },
      ]),
    push,
    end: () => {
      if (finish === null) {
        return fail({ code: "stream_interrupted", message: "the answer was cut off" });
      }
      completedAt = seconds();
      const final = status();
      const closed = finishItems(final === "incomplete" ? "incomplete" : "completed");
      return numbered([...closed, { type: `response.${final}`, response: whole() }]);
    },
    fail,
    whole,
  };
}

/** A whole chat completion as a response, the same that its stream would end with. */
export function responseFromChat(
  completion: ChatCompletion,
  options: ResponsesOptions,
): JsonObject {
  const converter = createResponsesConverter(options);
  for (const chunk of chunksOf(completion, { includeUsage: true })) converter.push(chunk);
  converter.end();
  return converter.whole();
}
