import { reasoningOf } from "../chat/reasoning-of.ts";
import type {
  AnswerMessage,
  ChatChunk,
  ChatCompletion,
  ChatDelta,
  ChunkChoice,
} from "../chat/response.ts";
import { createReasoningSplitter, splitReasoning } from "./split.ts";
import type { ReasoningPart, ReasoningSplitter, ReasoningSplitterOptions } from "./split.ts";

/** Rewrites a stream so that thought stands in `reasoning_content` and `reasoning`, however it came. */
export interface ReasoningNormalizer {
  /** The chunk rewritten; more than one where one text held thought and answer, none while it is held back. */
  push(chunk: ChatChunk): ChatChunk[];
}

/** A normalizer for one stream; choices are followed apart. */
export function createReasoningNormalizer(
  options: ReasoningSplitterOptions = {},
): ReasoningNormalizer {
  const splitters = new Map<number, ReasoningSplitter>();
  return {
    push: (chunk) => {
      if (chunk.choices.length === 0) return [chunk];
      return chunk.choices.flatMap((choice) => {
        const splitter = splitters.get(choice.index) ?? createReasoningSplitter(options);
        splitters.set(choice.index, splitter);
        const { usage, ...rest } = chunk;
        const choices = rewrite(choice, splitter);
        return choices.map((one, index) => ({
          ...rest,
          ...(usage && index === choices.length - 1 ? { usage } : {}),
          choices: [one],
        }));
      });
    },
  };
}

function rewrite(choice: ChunkChoice, splitter: ReasoningSplitter): ChunkChoice[] {
  const { delta } = choice;
  const ends = choice.finish_reason !== null || (delta.tool_calls ?? []).length > 0;
  const { reasoning_content: _a, reasoning: _b, thinking: _c, content, ...rest } = delta;
  const parts: ReasoningPart[] = [];
  const field = reasoningOf(delta);
  if (field !== undefined) parts.push({ channel: "reasoning", text: field });
  if (typeof content === "string") parts.push(...splitter.push(content));
  if (ends) parts.push(...splitter.end());
  const deltas = parts.map(deltaOf);
  const keepsRest = Object.keys(rest).length > 0 || ends || typeof choice.logprobs === "object";
  if (deltas.length === 0) return keepsRest ? [{ ...choice, delta: rest }] : [];
  // Role first, tool calls and the finish reason last, one chunk where nothing needs order.
  const { tool_calls: calls, ...head } = rest;
  return deltas.map((one, index) => ({
    ...choice,
    delta: {
      ...(index === 0 ? head : {}),
      ...one,
      ...(calls && index === deltas.length - 1 ? { tool_calls: calls } : {}),
    },
    finish_reason: index === deltas.length - 1 ? choice.finish_reason : null,
  }));
}

function deltaOf(part: ReasoningPart): ChatDelta {
  return part.channel === "content"
    ? { content: part.text }
    : { reasoning_content: part.text, reasoning: part.text };
}

/** A whole answer with its thought under both names and out of the content. */
export function normalizeReasoning(
  completion: ChatCompletion,
  options: ReasoningSplitterOptions = {},
): ChatCompletion {
  return {
    ...completion,
    choices: completion.choices.map((choice) => ({
      ...choice,
      message: normalMessage(choice.message, options),
    })),
  };
}

function normalMessage(message: AnswerMessage, options: ReasoningSplitterOptions): AnswerMessage {
  const field = reasoningOf(message);
  const split = message.content === null ? null : splitReasoning(message.content, options);
  const reasoning = (field ?? "") + (split?.reasoning ?? "");
  const { reasoning_content: _a, reasoning: _b, ...rest } = message;
  return {
    ...rest,
    content: split === null ? null : split.content,
    ...(reasoning === "" ? {} : { reasoning_content: reasoning, reasoning }),
  };
}
