import { QwqError } from "@qwq-fit/schema";
import { isObject, readChatData, readSseEvents, stringField } from "@qwq-fit/wire";
import type { ChatUsage, ChunkChoice, TokenLogprob as WireLogprob } from "@qwq-fit/wire";
import type { EndEvent, GenerateEvent, TokenLogprob, TokenLogprobs } from "../generate-events.ts";

/**
 * Reads an engine's stream as events. The prompt's length comes with the usage at the end, so the prompt's event says 0
 * and the end's usage holds it. @throws QwqError `stream_interrupted` for a stream without its end, `upstream_error`.
 */
export async function* chatEvents(
  body: ReadableStream<Uint8Array>,
  stops: readonly string[],
): AsyncGenerator<GenerateEvent, void, undefined> {
  let usage: ChatUsage | null = null;
  let finish: string | null = null;
  let stopSequence: string | null = null;
  let channel: "reasoning" | "content" | null = null;
  yield { type: "prompt", promptTokens: 0, cachedTokens: 0 };
  for await (const event of readSseEvents(body)) {
    const data = readChatData(event);
    if (data.kind === "done") {
      if (finish === null) break;
      yield ending(finish, stopSequence, stops, channel, usage);
      return;
    }
    if (data.kind === "error") {
      throw new QwqError("upstream_error", `The engine failed: ${data.error.message}`);
    }
    if (data.kind === "malformed") throw new QwqError("protocol_error", data.reason);
    usage = data.chunk.usage ?? usage;
    const [choice] = data.chunk.choices;
    if (choice === undefined) continue;
    for (const told of choiceEvents(choice)) {
      if (told.type === "token") channel = told.channel ?? channel;
      yield told;
    }
    finish = choice.finish_reason ?? finish;
    if (typeof choice.stop_reason === "string") stopSequence = choice.stop_reason;
  }
  throw new QwqError("stream_interrupted", "The engine's stream ended without its end.");
}

function choiceEvents(choice: ChunkChoice): GenerateEvent[] {
  const events: GenerateEvent[] = [];
  const { delta } = choice;
  const reasoning = delta.reasoning_content ?? delta.reasoning ?? delta.thinking ?? "";
  // Completions have `text` beside the delta that was put in for them.
  const content =
    delta.content ?? (isObject(choice) ? stringField(choice, "text") : undefined) ?? "";
  if (reasoning !== "") {
    events.push({ type: "token", text: reasoning, tokenIds: [], channel: "reasoning" });
  }
  if (content !== "") {
    const logprobs = choice.logprobs?.content?.map(readLogprobs);
    events.push({
      type: "token",
      text: content,
      tokenIds: [],
      channel: "content",
      ...(logprobs === undefined ? {} : { logprobs }),
    });
  }
  for (const call of delta.tool_calls ?? []) {
    events.push({
      type: "tool-call",
      index: call.index,
      ...(call.id === undefined ? {} : { id: call.id }),
      ...(call.function?.name === undefined ? {} : { name: call.function.name }),
      argumentsText: call.function?.arguments ?? "",
    });
  }
  return events;
}

function ending(
  finish: string,
  stopSequence: string | null,
  stops: readonly string[],
  channel: "reasoning" | "content" | null,
  usage: ChatUsage | null,
): EndEvent {
  const reason = finish === "length" ? "length" : finish === "tool_calls" ? "tool-calls" : "stop";
  // Only vLLM says which stop string it was; where one alone was given, and the engine says so, it is that.
  const stopped = stopSequence !== null && stops.includes(stopSequence);
  return {
    type: "end",
    reason: stopped ? "stop-sequence" : reason,
    ...(stopped ? { stopSequence } : {}),
    insideThought: reason === "length" && channel === "reasoning",
    thoughtForced: false,
    usage: {
      promptTokens: usage?.prompt_tokens ?? 0,
      cachedTokens: usage?.prompt_tokens_details?.cached_tokens ?? 0,
      completionTokens: usage?.completion_tokens ?? 0,
      reasoningTokens: usage?.completion_tokens_details?.reasoning_tokens ?? 0,
    },
    timings: null,
  };
}

function readLogprobs(one: WireLogprob): TokenLogprobs {
  return { ...readLogprob(one), alternatives: one.top_logprobs.map(readLogprob) };
}

/** These engines name tokens by their text; the id is not told. */
function readLogprob(token: Omit<WireLogprob, "top_logprobs">): TokenLogprob {
  return {
    tokenId: -1,
    text: token.token,
    bytes: token.bytes ?? [...new TextEncoder().encode(token.token)],
    logprob: token.logprob,
  };
}
