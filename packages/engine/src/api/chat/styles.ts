import {
  DONE_EVENT,
  createMessagesConverter,
  createResponsesConverter,
  encodeNamedEvent,
  encodeSseJson,
  errorEnvelope,
  messageFromChat,
  responseFromChat,
} from "@qwq-fit/wire";
import type {
  ChatChunk,
  ChatCompletion,
  ChatConverter,
  ChatRequest,
  MessagesOptions,
  NamedEvent,
  ResponsesOptions,
} from "@qwq-fit/wire";
import type { HttpFault } from "../http-error.ts";

/** How an answer is told: chat completions, or one of the APIs that stand on them. */
export interface AnswerStyle {
  readonly id: string;
  /** What comes before the first chunk. */
  start(): string;
  chunk(chunk: ChatChunk): string;
  end(): string;
  /** In band, behind headers that said 200. Never followed by an end. */
  fail(fault: HttpFault): string;
  whole(completion: ChatCompletion): unknown;
}

/** OpenAI's chat completions. The usage chunk goes out only where it was asked for. */
export function chatStyle(id: string, request: ChatRequest): AnswerStyle {
  const includeUsage = request.stream_options?.include_usage === true;
  return {
    id,
    start: () => "",
    chunk: (chunk) => {
      if (chunk.choices.length === 0) return includeUsage ? encodeSseJson(chunk) : "";
      return encodeSseJson(includeUsage ? { ...chunk, usage: null } : chunk);
    },
    end: () => DONE_EVENT,
    fail: (fault) => encodeSseJson(errorEnvelope(fault)),
    whole: (completion) => completion,
  };
}

/** OpenAI's Responses. */
export function responsesStyle(options: ResponsesOptions): AnswerStyle {
  return convertedStyle(options.id, createResponsesConverter(options), (completion) =>
    responseFromChat(completion, options),
  );
}

/** Anthropic's Messages. */
export function messagesStyle(options: MessagesOptions): AnswerStyle {
  return convertedStyle(options.id, createMessagesConverter(options), (completion) =>
    messageFromChat(completion, options),
  );
}

function convertedStyle(
  id: string,
  converter: ChatConverter,
  whole: AnswerStyle["whole"],
): AnswerStyle {
  let started = false;
  const start = (): string => {
    if (started) return "";
    started = true;
    return encode(converter.start());
  };
  return {
    id,
    start,
    chunk: (chunk) => encode(converter.push(chunk)),
    end: () => encode(converter.end()),
    fail: (fault) => start() + encode(converter.fail(fault)),
    whole,
  };
}

function encode(events: readonly NamedEvent[]): string {
  return events.map(encodeNamedEvent).join("");
}
