import { QwqError } from "@qwq-fit/schema";
import { createChatAssembler } from "@qwq-fit/wire";
import type { ChatChunk, ChatCompletion, ChatRequest } from "@qwq-fit/wire";
import type { ApiOptions } from "../api-options.ts";
import { untilAborted } from "../engine-host.ts";
import { faultOf } from "../http-error.ts";
import type { Metrics } from "../metrics.ts";
import { GRACE_MS, sseResponse } from "../sse-response.ts";
import { prepareChat } from "./job.ts";
import { runChat } from "./run.ts";
import type { ChunkHead } from "./run.ts";
import type { AnswerStyle } from "./styles.ts";

/** What a request brings beside its body. */
export interface AnswerContext {
  readonly options: ApiOptions;
  readonly metrics: Metrics;
  readonly signal: AbortSignal;
  /** Told once, where the answer failed after its headers were out. */
  readonly onFault: (code: string) => void;
}

/** Answers a chat request in a style: one JSON body, or a stream. Throws what is wrong before it begins. */
export async function answerChat(
  request: ChatRequest,
  style: AnswerStyle,
  context: AnswerContext,
): Promise<Response> {
  const { options } = context;
  const head: ChunkHead = {
    id: style.id,
    created: Math.floor(options.now() / 1000),
    model: options.model.id,
  };
  if (request.stream !== true) {
    const completion = await wholeAnswer(request, head, context);
    return Response.json(style.whole(completion));
  }
  const stopper = new AbortController();
  const signal = AbortSignal.any([context.signal, stopper.signal]);
  let comment = "ping";
  const chunks = chunksOf(request, head, { ...context, signal }, (now) => {
    comment = now;
  });
  return await sseResponse(
    {
      events: eventsOf(chunks, style),
      graceMs: GRACE_MS,
      pingMs: options.pingMs,
      comment: () => comment,
      cancelled: () => stopper.abort(),
      failed: (error) => {
        const fault = faultOf(error);
        context.onFault(fault.code);
        return style.fail(fault);
      },
    },
    {},
  );
}

async function* eventsOf(
  chunks: AsyncGenerator<ChatChunk>,
  style: AnswerStyle,
): AsyncGenerator<string, void, undefined> {
  // Not before the first chunk: a request that is refused at once gets its status instead.
  let started = false;
  for await (const chunk of chunks) {
    const opening = started ? "" : style.start();
    started = true;
    const text = opening + style.chunk(chunk);
    if (text !== "") yield text;
  }
  yield style.end();
}

/** The chunks of an answer, from loading the engine to the usage. */
async function* chunksOf(
  request: ChatRequest,
  head: ChunkHead,
  { options, metrics, signal }: AnswerContext,
  tell: (comment: string) => void = () => {},
): AsyncGenerator<ChatChunk, void, undefined> {
  const started = options.now();
  const lease = await options.host.acquire(signal);
  try {
    const { engine } = lease;
    const ready = prepareChat(request, engine, options.model, options.limits.promptTokens);
    const job = await untilAborted(ready, signal);
    yield* runChat(engine, job, {
      head,
      newId: options.newId,
      signal,
      onProgress: (read, all) => tell(`ping, ${read} of ${all} prompt tokens read`),
      onFirstToken: () => {
        tell("ping");
        metrics.firstToken(options.now() - started);
      },
      onUsage: (usage) => metrics.usage(usage),
    });
  } finally {
    lease.release();
  }
}

/** A whole answer. One that breaks its format is asked for a second time, with another seed. */
async function wholeAnswer(
  request: ChatRequest,
  head: ChunkHead,
  context: AnswerContext,
): Promise<ChatCompletion> {
  try {
    return await assemble(chunksOf(request, head, context));
  } catch (error) {
    const again = QwqError.is(error, "engine_failed") && error.details?.["reason"] === "format";
    if (!again) throw error;
    const seed = typeof request.seed === "number" ? request.seed + 1 : null;
    return await assemble(chunksOf({ ...request, seed }, head, context));
  }
}

async function assemble(chunks: AsyncIterable<ChatChunk>): Promise<ChatCompletion> {
  const assembler = createChatAssembler();
  const warnings: unknown[] = [];
  for await (const chunk of chunks) {
    assembler.push(chunk);
    if (Array.isArray(chunk["warnings"])) warnings.push(...(chunk["warnings"] as unknown[]));
  }
  const completion = assembler.completion();
  return warnings.length === 0 ? completion : { ...completion, warnings };
}
