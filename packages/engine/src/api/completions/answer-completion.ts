import { DONE_EVENT, encodeSseJson, errorEnvelope } from "@qwq-fit/wire";
import type { ChatUsage } from "@qwq-fit/wire";
import type { AnswerContext } from "../chat/answer-chat.ts";
import { mergeStreams } from "../chat/merge.ts";
import { samplingOf } from "../chat/sampling.ts";
import type { Engine } from "../../engine.ts";
import type { EndEvent, TokenLogprobs } from "../../generate-events.ts";
import type { GenerateRequest } from "../../generate-request.ts";
import { faultOf, fieldError } from "../http-error.ts";
import { GRACE_MS, sseResponse } from "../sse-response.ts";
import type { CompletionPrompt, CompletionRequest } from "./request.ts";

/** OpenAI's log probabilities of text completions. */
interface TextLogprobs {
  readonly tokens: string[];
  readonly token_logprobs: number[];
  readonly top_logprobs: Record<string, number>[];
  readonly text_offset: number[];
}

interface TextPiece {
  readonly index: number;
  readonly text: string;
  readonly logprobs: TextLogprobs | null;
  readonly finish_reason: "stop" | "length" | null;
}

/** Answers a text completion request: the prompt as it is, no template, no reading of thoughts. */
export async function answerCompletion(
  request: CompletionRequest,
  context: AnswerContext,
): Promise<Response> {
  const { options } = context;
  const head = {
    id: `cmpl-${options.newId()}`,
    object: "text_completion",
    created: Math.floor(options.now() / 1000),
    model: options.model.id,
  };
  if (!request.stream) {
    const choices: TextPiece[] = [];
    let usage: ChatUsage | null = null;
    for await (const piece of piecesOf(request, context, (total) => (usage = total))) {
      choices[piece.index] = joined(choices[piece.index], piece);
    }
    return Response.json({ ...head, choices, usage });
  }
  const stopper = new AbortController();
  const signal = AbortSignal.any([context.signal, stopper.signal]);
  return await sseResponse(
    {
      events: eventsOf(request, { ...context, signal }, head),
      graceMs: GRACE_MS,
      pingMs: options.pingMs,
      cancelled: () => stopper.abort(),
      failed: (error) => {
        const fault = faultOf(error);
        context.onFault(fault.code);
        return encodeSseJson(errorEnvelope(fault));
      },
    },
    {},
  );
}

async function* eventsOf(
  request: CompletionRequest,
  context: AnswerContext,
  head: object,
): AsyncGenerator<string, void, undefined> {
  let usage: ChatUsage | null = null;
  for await (const piece of piecesOf(request, context, (total) => (usage = total))) {
    yield encodeSseJson({ ...head, choices: [piece] });
  }
  if (request.includeUsage) yield encodeSseJson({ ...head, choices: [], usage });
  yield DONE_EVENT;
}

async function* piecesOf(
  request: CompletionRequest,
  { options, metrics, signal }: AnswerContext,
  onUsage: (usage: ChatUsage) => void,
): AsyncGenerator<TextPiece, void, undefined> {
  const started = options.now();
  const lease = await options.host.acquire(signal);
  const stopper = new AbortController();
  try {
    const { engine } = lease;
    if (request.logprobs !== null && !engine.info.capabilities.logprobs) {
      throw fieldError("unsupported_combination", "logprobs", "this engine tells none");
    }
    const wanted = request.prompts.flatMap((prompt) =>
      Array.from({ length: request.choices }, (_, choice) => ({ prompt, choice })),
    );
    const both = AbortSignal.any([signal, stopper.signal]);
    const streams = wanted.map(({ prompt, choice }) => {
      const seed = typeof request.seed === "number" ? request.seed + choice : null;
      const sampling = samplingOf(request, options.model.sampling, seed);
      return engine.generate({ ...requestOf(prompt, request), sampling }, both);
    });
    const offsets = wanted.map(() => 0);
    if (request.echo) {
      for (const [index, { prompt }] of wanted.entries()) {
        const text = await echoOf(prompt, engine);
        offsets[index] = text.length;
        yield { index, text, logprobs: null, finish_reason: null };
      }
    }
    const ends: EndEvent[] = [];
    let first = true;
    for await (const { index, value: event } of mergeStreams(streams)) {
      if (event.type === "token") {
        if (first) metrics.firstToken(options.now() - started);
        first = false;
        const logprobs = logprobsOf(event.logprobs, offsets[index] ?? 0);
        offsets[index] = (offsets[index] ?? 0) + event.text.length;
        if (event.text === "" && logprobs === null) continue;
        yield { index, text: event.text, logprobs, finish_reason: null };
      } else if (event.type === "end") {
        ends.push(event);
        const finish = event.reason === "length" ? "length" : "stop";
        yield { index, text: "", logprobs: null, finish_reason: finish };
      }
    }
    const usage = usageOf(ends, request.choices);
    metrics.usage(usage);
    onUsage(usage);
  } finally {
    stopper.abort();
    lease.release();
  }
}

function requestOf(prompt: CompletionPrompt, request: CompletionRequest): GenerateRequest {
  return {
    prompt:
      typeof prompt === "string"
        ? { kind: "text", text: prompt }
        : { kind: "tokens", tokens: prompt },
    maxTokens: request.maxTokens,
    stop: request.stop,
    ...(request.logprobs === null ? {} : { logprobs: request.logprobs }),
  };
}

async function echoOf(prompt: CompletionPrompt, engine: Engine): Promise<string> {
  return typeof prompt === "string" ? prompt : await engine.detokenize(prompt);
}

function joined(before: TextPiece | undefined, piece: TextPiece): TextPiece {
  if (before === undefined) return piece;
  return {
    index: piece.index,
    text: before.text + piece.text,
    logprobs: joinedLogprobs(before.logprobs, piece.logprobs),
    finish_reason: piece.finish_reason ?? before.finish_reason,
  };
}

function joinedLogprobs(
  left: TextLogprobs | null,
  right: TextLogprobs | null,
): TextLogprobs | null {
  if (left === null || right === null) return left ?? right;
  return {
    tokens: [...left.tokens, ...right.tokens],
    token_logprobs: [...left.token_logprobs, ...right.token_logprobs],
    top_logprobs: [...left.top_logprobs, ...right.top_logprobs],
    text_offset: [...left.text_offset, ...right.text_offset],
  };
}

function logprobsOf(
  tokens: readonly TokenLogprobs[] | undefined,
  offset: number,
): TextLogprobs | null {
  if (tokens === undefined || tokens.length === 0) return null;
  let at = offset;
  return {
    tokens: tokens.map((token) => token.text),
    token_logprobs: tokens.map((token) => token.logprob),
    top_logprobs: tokens.map((token) =>
      Object.fromEntries(token.alternatives.map((one) => [one.text, one.logprob])),
    ),
    text_offset: tokens.map((token) => {
      const place = at;
      at += token.text.length;
      return place;
    }),
  };
}

/** Each prompt counts once, however many choices were made of it. */
function usageOf(ends: readonly EndEvent[], choices: number): ChatUsage {
  const total = (of: (end: EndEvent) => number): number =>
    ends.reduce((sum, end) => sum + of(end), 0);
  const prompt = Math.round(total((end) => end.usage.promptTokens) / choices);
  const completion = total((end) => end.usage.completionTokens);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: ends[0]?.usage.cachedTokens ?? 0 },
  };
}
