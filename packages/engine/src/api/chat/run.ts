import { QwqError } from "@qwq-fit/schema";
import type { ChatChunk, ChatUsage, FinishReason } from "@qwq-fit/wire";
import type { Engine } from "../../engine.ts";
import type { EndEvent, GenerateEvent } from "../../generate-events.ts";
import { contentProblem } from "./content-rule.ts";
import { createChoiceWriter } from "./choice-writer.ts";
import type { ChoiceWriter, WrittenDelta } from "./choice-writer.ts";
import type { ChatJob } from "./job.ts";
import { mergeStreams } from "./merge.ts";

/** What all chunks of an answer share. */
export interface ChunkHead {
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly model: string;
}

export interface RunOptions {
  readonly head: ChunkHead;
  readonly newId: () => string;
  readonly signal: AbortSignal;
  /** Tokens of the prompt that are read, of all. */
  readonly onProgress: (processedTokens: number, totalTokens: number) => void;
  /** The first token of any choice is here. */
  readonly onFirstToken: () => void;
  readonly onUsage: (usage: ChatUsage) => void;
}

interface Choice {
  readonly writer: ChoiceWriter;
  begun: boolean;
  end: EndEvent | null;
}

const LENGTH_IN_THOUGHT = {
  code: "length_in_thought",
  message:
    "The length limit fell inside the thought: there is no answer. Raise max_tokens, or bound the thought with reasoning_effort or thinking_budget.",
};

/**
 * Runs a job: the chunks of its choices as they come, then one with the usage. Throws what the engine throws,
 * and `engine_failed` where a whole answer is not what `response_format` asks for.
 */
export async function* runChat(
  engine: Engine,
  job: ChatJob,
  options: RunOptions,
): AsyncGenerator<ChatChunk, void, undefined> {
  const { head, newId } = options;
  const stopper = new AbortController();
  const signal = AbortSignal.any([options.signal, stopper.signal]);
  const choices = job.requests.map((): Choice => {
    return { writer: createChoiceWriter(job, engine.info, newId), begun: false, end: null };
  });
  let first = true;
  try {
    const streams = job.requests.map((request) => engine.generate(request, signal));
    for await (const { index, value: event } of mergeStreams(streams)) {
      const choice = choices[index];
      if (choice === undefined) continue;
      if (event.type === "progress") {
        options.onProgress(event.processedTokens, event.totalTokens);
      }
      if (first && event.type === "token") {
        first = false;
        options.onFirstToken();
      }
      yield* chunksOfEvent(head, job, index, choice, event);
    }
  } finally {
    stopper.abort();
  }
  const ends = choices.map((choice) => choice.end);
  if (ends.includes(null)) throw new QwqError("engine_failed", "the engine's answer has no end");
  const usage = usageOf(ends.filter((end) => end !== null));
  options.onUsage(usage);
  yield { ...head, object: "chat.completion.chunk", choices: [], usage };
}

function* chunksOfEvent(
  head: ChunkHead,
  job: ChatJob,
  index: number,
  choice: Choice,
  event: GenerateEvent,
): Generator<ChatChunk, void, undefined> {
  const { writer } = choice;
  if (event.type === "token") yield* deltaChunks(head, index, choice, writer.token(event));
  else if (event.type === "tool-call")
    yield* deltaChunks(head, index, choice, writer.toolCall(event));
  else if (event.type === "end") {
    choice.end = event;
    const { deltas, finish, stop } = writer.end(event);
    yield* deltaChunks(head, index, choice, deltas);
    if (!choice.begun)
      yield* deltaChunks(head, index, choice, [{ delta: { content: "" }, logprobs: null }]);
    const problem =
      finish === "stop" && writer.calls === 0 ? contentProblem(writer.content, job.content) : null;
    if (problem !== null) {
      throw new QwqError(
        "engine_failed",
        `the answer is not what response_format asks for: ${problem}`,
        {
          details: { reason: "format" },
        },
      );
    }
    yield finishChunk(head, index, finish, stop, event.insideThought);
  }
}

function* deltaChunks(
  head: ChunkHead,
  index: number,
  choice: Choice,
  deltas: readonly WrittenDelta[],
): Generator<ChatChunk, void, undefined> {
  const object = "chat.completion.chunk";
  for (const { delta, logprobs } of deltas) {
    if (!choice.begun) {
      choice.begun = true;
      const opening = { role: "assistant" as const, content: "" };
      yield { ...head, object, choices: [{ index, delta: opening, finish_reason: null }] };
    }
    const told = logprobs === null ? {} : { logprobs };
    yield { ...head, object, choices: [{ index, delta, ...told, finish_reason: null }] };
  }
}

function finishChunk(
  head: ChunkHead,
  index: number,
  finish: FinishReason,
  stop: string | null,
  insideThought: boolean,
): ChatChunk {
  return {
    ...head,
    object: "chat.completion.chunk",
    choices: [
      { index, delta: {}, finish_reason: finish, ...(stop === null ? {} : { stop_reason: stop }) },
    ],
    ...(finish === "length" && insideThought ? { warnings: [LENGTH_IN_THOUGHT] } : {}),
  };
}

/** The prompt counts once, however many choices were made of it. */
function usageOf(ends: readonly EndEvent[]): ChatUsage {
  const total = (of: (end: EndEvent) => number): number =>
    ends.reduce((sum, end) => sum + of(end), 0);
  const prompt = ends[0]?.usage.promptTokens ?? 0;
  const completion = total((end) => end.usage.completionTokens);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: ends[0]?.usage.cachedTokens ?? 0 },
    completion_tokens_details: { reasoning_tokens: total((end) => end.usage.reasoningTokens) },
  };
}
