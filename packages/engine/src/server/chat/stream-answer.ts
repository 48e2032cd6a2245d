import { QwqError } from "@qwq-fit/schema";
import type { ErrorCode } from "@qwq-fit/schema";
import { readChatData, readErrorBody, readSseEvents, reasoningOf } from "@qwq-fit/wire";
import type { ChatMessage, ChatUsage } from "@qwq-fit/wire";

/** A server to chat with. */
export interface ChatTarget {
  /** Ends before `/chat/completions`. */
  readonly baseUrl: string;
  readonly apiKey: string | null;
  readonly model: string;
  readonly fetch: typeof fetch;
}

/** A piece of an answer, or its end. */
export type AnswerPart =
  | { readonly kind: "reasoning" | "content"; readonly text: string }
  | { readonly kind: "end"; readonly finish: string; readonly usage: ChatUsage | null };

/**
 * Asks and gives the answer as it comes. @throws QwqError with the server's code, `network`, `aborted`, or
 * `stream_interrupted` where the stream ends without its end.
 */
export async function* streamAnswer(
  target: ChatTarget,
  messages: readonly ChatMessage[],
  settings: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): AsyncGenerator<AnswerPart, void, undefined> {
  const response = await post(target, { ...settings, messages }, signal);
  let finish: string | null = null;
  let usage: ChatUsage | null = null;
  try {
    for await (const event of readSseEvents(bodyOf(response))) {
      // What came before the stop and is not told yet stays untold.
      if (signal.aborted) throw new QwqError("aborted", "stopped");
      const data = readChatData(event);
      if (data.kind === "done" && finish !== null) {
        yield { kind: "end", finish, usage };
        return;
      }
      if (data.kind === "error") throw asQwqError(data.error);
      if (data.kind !== "chunk") break;
      usage = data.chunk.usage ?? usage;
      const [choice] = data.chunk.choices;
      const thought = choice === undefined ? undefined : reasoningOf(choice.delta);
      if (thought !== undefined) yield { kind: "reasoning", text: thought };
      if (choice?.delta.content) yield { kind: "content", text: choice.delta.content };
      finish = choice?.finish_reason ?? finish;
    }
  } catch (error) {
    throw QwqError.is(error) ? error : networkError(error, signal);
  }
  throw new QwqError("stream_interrupted", "the answer was cut off");
}

async function post(
  { baseUrl, apiKey, model, fetch: send }: ChatTarget,
  body: object,
  signal: AbortSignal,
): Promise<Response> {
  let response: Response;
  try {
    response = await send(`${baseUrl}/chat/completions`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }),
      },
      body: JSON.stringify({
        model,
        ...body,
        stream: true,
        stream_options: { include_usage: true },
      }),
      signal,
    });
  } catch (error) {
    throw networkError(error, signal);
  }
  if (response.ok) return response;
  throw asQwqError(readErrorBody(await response.text(), response.status));
}

function bodyOf(response: Response): ReadableStream<Uint8Array> {
  if (response.body === null) throw new QwqError("protocol_error", "the answer has no body");
  return response.body;
}

function networkError(error: unknown, signal: AbortSignal): QwqError {
  return signal.aborted
    ? new QwqError("aborted", "stopped")
    : new QwqError("network", "the server cannot be reached", { cause: error });
}

function asQwqError(error: { readonly code: string; readonly message: string }): QwqError {
  return new QwqError(isKnown(error.code) ? error.code : "upstream_error", error.message);
}

/** What a server may tell us; the rest is `upstream_error`. */
const KNOWN: readonly ErrorCode[] = [
  "invalid_request",
  "invalid_value",
  "unsupported_combination",
  "context_too_long",
  "unauthorized",
  "forbidden",
  "unknown_model",
  "saturated",
  "rate_limited",
  "timeout",
  "does_not_fit",
  "engine_failed",
  "engine_crashed",
];

function isKnown(code: string): code is ErrorCode {
  return KNOWN.some((known) => known === code);
}
