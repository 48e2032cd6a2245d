import { reasoningOf } from "./reasoning-of.ts";
import type { ToolCall } from "./request.ts";
import type {
  ChatChoice,
  ChatChunk,
  ChatCompletion,
  ChatUsage,
  ChunkChoice,
  FinishReason,
  TokenLogprob,
  ToolCallDelta,
} from "./response.ts";

/** Puts the chunks of a stream together to the whole answer. */
export interface ChatAssembler {
  push(chunk: ChatChunk): void;
  /** The answer so far. A choice that has not ended has `finish_reason` null. */
  completion(): ChatCompletion;
}

interface ChoiceParts {
  content: string | null;
  reasoning: string;
  refusal: string | null;
  finish: FinishReason | null;
  stop: string | number | null;
  calls: Map<number, { id: string; name: string; arguments: string }>;
  logprobs: TokenLogprob[] | null;
}

/**
 * A fresh assembler. Reasoning is read under any field name and told under both; tool call deltas
 * are joined by their index, and by their id where an upstream gives every call index 0.
 */
export function createChatAssembler(): ChatAssembler {
  const choices = new Map<number, ChoiceParts>();
  let head: ChatChunk | null = null;
  let usage: ChatUsage | null = null;
  let fingerprint: string | null = null;

  return {
    push: (chunk) => {
      head ??= chunk;
      if (chunk.usage) usage = chunk.usage;
      if (typeof chunk.system_fingerprint === "string") fingerprint = chunk.system_fingerprint;
      for (const choice of chunk.choices) {
        const parts = choices.get(choice.index) ?? freshParts();
        choices.set(choice.index, parts);
        addDelta(parts, choice);
      }
    },
    completion: () => ({
      id: head?.id ?? "",
      object: "chat.completion",
      created: head?.created ?? 0,
      model: head?.model ?? "",
      choices: [...choices.entries()]
        .toSorted(([left], [right]) => left - right)
        .map(([index, parts]) => wholeChoice(index, parts)),
      ...(usage === null ? {} : { usage }),
      ...(fingerprint === null ? {} : { system_fingerprint: fingerprint }),
    }),
  };
}

function freshParts(): ChoiceParts {
  return {
    content: null,
    reasoning: "",
    refusal: null,
    finish: null,
    stop: null,
    calls: new Map(),
    logprobs: null,
  };
}

function addDelta(parts: ChoiceParts, choice: ChunkChoice): void {
  const { delta } = choice;
  if (typeof delta.content === "string") parts.content = (parts.content ?? "") + delta.content;
  if (typeof delta.refusal === "string") parts.refusal = (parts.refusal ?? "") + delta.refusal;
  parts.reasoning += reasoningOf(delta) ?? "";
  for (const call of delta.tool_calls ?? []) addToolCall(parts.calls, call);
  if (choice.finish_reason) parts.finish = choice.finish_reason;
  parts.stop = choice.stop_reason ?? parts.stop;
  const tokens = choice.logprobs?.content;
  if (tokens) parts.logprobs = [...(parts.logprobs ?? []), ...tokens];
}

function addToolCall(calls: ChoiceParts["calls"], delta: ToolCallDelta): void {
  let index = delta.index ?? 0;
  const known = calls.get(index);
  // A second id under a known index is a second call (some servers never count up).
  if (known !== undefined && delta.id && known.id !== "" && delta.id !== known.id) {
    const same = [...calls].find(([, call]) => call.id === delta.id);
    index = same === undefined ? Math.max(...calls.keys()) + 1 : same[0];
  }
  const call = calls.get(index) ?? { id: "", name: "", arguments: "" };
  calls.set(index, call);
  if (delta.id) call.id = delta.id;
  // The name comes whole, once; a few servers repeat it with every piece.
  if (delta.function?.name && call.name !== delta.function.name) call.name += delta.function.name;
  call.arguments += delta.function?.arguments ?? "";
}

function wholeChoice(index: number, parts: ChoiceParts): ChatChoice {
  const calls: ToolCall[] = [...parts.calls.entries()]
    .toSorted(([left], [right]) => left - right)
    .map(([, { id, name, arguments: text }]) => ({
      id,
      type: "function",
      function: { name, arguments: text },
    }));
  return {
    index,
    message: {
      role: "assistant",
      content: parts.content,
      ...(parts.reasoning === ""
        ? {}
        : { reasoning_content: parts.reasoning, reasoning: parts.reasoning }),
      ...(parts.refusal === null ? {} : { refusal: parts.refusal }),
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
    },
    finish_reason: parts.finish,
    ...(parts.stop === null ? {} : { stop_reason: parts.stop }),
    ...(parts.logprobs === null ? {} : { logprobs: { content: parts.logprobs } }),
  };
}
