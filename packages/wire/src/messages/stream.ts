import { reasoningOf } from "../chat/reasoning-of.ts";
import { chunksOf } from "../chat/chunks.ts";
import type { ChatChunk, ChatCompletion, ChatUsage, FinishReason } from "../chat/response.ts";
import { errorEnvelope } from "../errors/envelope.ts";
import type { JsonObject } from "../json.ts";
import { isObject, parseJson, stringField } from "../json.ts";
import type { ChatConverter, NamedEvent } from "../named-event.ts";

export interface MessagesOptions {
  /** "msg_…". */
  readonly id: string;
  readonly model: string;
}

type Block =
  | { readonly type: "text"; text: string }
  | { readonly type: "thinking"; thinking: string }
  | { readonly type: "tool_use"; readonly id: string; readonly name: string; json: string };

/**
 * Turns the chunks of a chat completion (first choice) into the events of Anthropic's `/v1/messages`.
 * Blocks follow each other there: of calls that are written side by side the later ones wait.
 */
export function createMessagesConverter(options: MessagesOptions): ChatConverter {
  const blocks: Block[] = [];
  const calls = new Map<number, Block & { readonly type: "tool_use" }>();
  let open = false;
  let model = options.model;
  let usage: ChatUsage | null = null;
  let finish: FinishReason | null = null;
  let stopSequence: string | null = null;

  function closeBlock(): NamedEvent[] {
    if (!open) return [];
    open = false;
    const index = blocks.length - 1;
    const signed: NamedEvent[] =
      blocks.at(-1)?.type === "thinking"
        ? [delta(index, { type: "signature_delta", signature: "" })]
        : [];
    return [...signed, { type: "content_block_stop", index }];
  }

  function openBlock(block: Block): NamedEvent[] {
    const closed = closeBlock();
    open = true;
    blocks.push(block);
    const index = blocks.length - 1;
    return [...closed, { type: "content_block_start", index, content_block: empty(block) }];
  }

  function addText(type: "text" | "thinking", more: string): NamedEvent[] {
    const events: NamedEvent[] = [];
    let block = blocks.at(-1);
    if (!open || block?.type !== type) {
      block = type === "text" ? { type, text: "" } : { type, thinking: "" };
      events.push(...openBlock(block));
    }
    const index = blocks.length - 1;
    if (block.type === "text") block.text += more;
    if (block.type === "thinking") block.thinking += more;
    const piece = type === "text" ? { text: more } : { thinking: more };
    return [...events, delta(index, { type: `${type}_delta`, ...piece })];
  }

  function addCall(call: {
    readonly index: number;
    readonly id?: string;
    readonly function?: { readonly name?: string; readonly arguments?: string };
  }): NamedEvent[] {
    const events: NamedEvent[] = [];
    const more = call.function?.arguments ?? "";
    let block = calls.get(call.index);
    if (block === undefined) {
      block = {
        type: "tool_use",
        id: call.id ?? `toolu_${options.id}_${call.index}`,
        name: call.function?.name ?? "",
        json: "",
      };
      calls.set(call.index, block);
      // The first call is written as it comes; the others wait for the end.
      if (calls.size === 1) events.push(...openBlock(block));
    }
    block.json += more;
    if (open && blocks.at(-1) === block && more !== "") {
      events.push(delta(blocks.length - 1, { type: "input_json_delta", partial_json: more }));
    }
    return events;
  }

  function waitingCalls(): NamedEvent[] {
    return [...calls.values()]
      .filter((block) => !blocks.includes(block))
      .flatMap((block) => [
        ...openBlock(block),
        delta(blocks.length - 1, { type: "input_json_delta", partial_json: block.json }),
      ]);
  }

  function push(chunk: ChatChunk): NamedEvent[] {
    const events: NamedEvent[] = [];
    if (chunk.model !== "") model = chunk.model;
    if (chunk.usage) usage = chunk.usage;
    for (const choice of chunk.choices) {
      if (choice.index !== 0) continue;
      const thought = reasoningOf(choice.delta);
      if (thought !== undefined) events.push(...addText("thinking", thought));
      if (choice.delta.content) events.push(...addText("text", choice.delta.content));
      for (const call of choice.delta.tool_calls ?? []) events.push(...addCall(call));
      if (choice.finish_reason) finish = choice.finish_reason;
      // vLLM's field: the stop text that ended the answer.
      stopSequence = stringField(choice, "stop_reason") ?? stopSequence;
    }
    return events;
  }

  const stopReason = (): string | null =>
    finish === null
      ? null
      : finish === "stop" && stopSequence !== null
        ? "stop_sequence"
        : STOPS[finish];

  function whole(): JsonObject {
    return {
      id: options.id,
      type: "message",
      role: "assistant",
      model,
      content: blocks.map(full),
      stop_reason: stopReason(),
      stop_sequence: stopReason() === "stop_sequence" ? stopSequence : null,
      usage: usageOf(usage),
    };
  }

  return {
    start: () => [{ type: "message_start", message: whole() }],
    push,
    end: () => {
      if (finish === null) {
        return [messagesError({ code: "stream_interrupted", message: "the answer was cut off" })];
      }
      const { stop_reason, stop_sequence } = whole();
      return [
        ...waitingCalls(),
        ...closeBlock(),
        { type: "message_delta", delta: { stop_reason, stop_sequence }, usage: usageOf(usage) },
        { type: "message_stop" },
      ];
    },
    fail: (fault) => [messagesError(fault)],
    whole,
  };
}

/** A whole chat completion as a message, the same that its stream would make. */
export function messageFromChat(completion: ChatCompletion, options: MessagesOptions): JsonObject {
  const converter = createMessagesConverter(options);
  for (const chunk of chunksOf(completion, { includeUsage: true })) converter.push(chunk);
  converter.end();
  return converter.whole();
}

/** Anthropic's error body, which is its error event too. */
export function messagesError(fault: { readonly code: string; readonly message: string }): {
  readonly type: "error";
  readonly error: { readonly type: string; readonly message: string };
} {
  const { error } = errorEnvelope(fault);
  const types: Readonly<Record<string, string>> = {
    unauthorized: "authentication_error",
    forbidden: "permission_error",
    unknown_model: "not_found_error",
    rate_limited: "rate_limit_error",
    saturated: "overloaded_error",
  };
  const invalid = error.type === "invalid_request_error" ? error.type : "api_error";
  return { type: "error", error: { type: types[fault.code] ?? invalid, message: error.message } };
}

const STOPS: Readonly<Record<FinishReason, string>> = {
  stop: "end_turn",
  length: "max_tokens",
  tool_calls: "tool_use",
  function_call: "tool_use",
  content_filter: "refusal",
};

function delta(index: number, piece: JsonObject): NamedEvent {
  return { type: "content_block_delta", index, delta: piece };
}

function empty(block: Block): JsonObject {
  if (block.type === "tool_use") {
    return { type: "tool_use", id: block.id, name: block.name, input: {} };
  }
  return block.type === "text"
    ? { type: "text", text: "" }
    : { type: "thinking", thinking: "", signature: "" };
}

function full(block: Block): JsonObject {
  if (block.type === "tool_use") {
    const input = parseJson(block.json === "" ? "{}" : block.json);
    return {
      type: "tool_use",
      id: block.id,
      name: block.name,
      input: isObject(input) ? input : {},
    };
  }
  return block.type === "text" ? { ...block } : { ...block, signature: "" };
}

/** Anthropic counts cached input apart from `input_tokens`. */
function usageOf(usage: ChatUsage | null): JsonObject {
  const cached = usage?.prompt_tokens_details?.cached_tokens ?? 0;
  return {
    input_tokens: (usage?.prompt_tokens ?? 0) - cached,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cached,
    output_tokens: usage?.completion_tokens ?? 0,
  };
}
