import type { Receipt } from "@qwq-fit/schema";
import { chunksOf } from "@qwq-fit/wire";
import { type ChatInput, createChatCompletions } from "../chat/chat.ts";
import type { Core } from "../core/core.ts";
import { ClientError } from "../core/errors.ts";
import type { CallOptions } from "../core/options.ts";
import { apiCallError } from "./api-error.ts";
import { requestOf } from "./prompt.ts";
import { createPartMaker } from "./stream-parts.ts";
import { toStream } from "./to-stream.ts";
import { withoutInterrupted } from "./without-interrupted.ts";
import type { CallSettings, Content, GenerateResult, StreamPart } from "./types.ts";

/** A part of a stream as the SDK 7 knows it. */
export type Part = StreamPart<"interrupted">;

function callOptions(call: CallOptions, settings: CallSettings): CallOptions {
  const headers = Object.fromEntries(
    Object.entries({ ...call.headers, ...settings.headers }).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );
  // The SDK waits and retries by itself, as its users set.
  return { maxRetries: 0, ...call, headers, signal: settings.abortSignal ?? call.signal };
}

/** What the SDK shows of a receipt, under `providerMetadata.qwqFit`. */
const metadataOf = (receipt: Receipt) => ({
  qwqFit: {
    node: receipt.node,
    privacy: receipt.privacy,
    attempts: receipt.attempts.length,
    continued: receipt.continued,
    timeToFirstTokenMs: receipt.actual.timeToFirstTokenMs,
    totalMs: receipt.actual.totalMs,
    costUsd: receipt.actual.costUsd,
  },
});

const inputOf = (body: Record<string, unknown>): ChatInput => ({ messages: [], ...body });

/** One whole answer. */
export async function generate(
  core: Core,
  call: CallOptions,
  settings: CallSettings,
): Promise<GenerateResult<"interrupted">> {
  const { body, warnings } = requestOf(settings);
  try {
    const answer = await createChatCompletions(core).create(
      { ...inputOf(body), stream: false },
      callOptions(call, settings),
    );
    const maker = createPartMaker();
    const content: Content[] = [];
    const parts = chunksOf(answer, { includeUsage: true }).flatMap((chunk) => maker.push(chunk));
    for (const part of [...parts, ...maker.end()]) {
      const last = content.at(-1);
      if (part.type === "text-start") content.push({ type: "text", text: "" });
      else if (part.type === "reasoning-start") content.push({ type: "reasoning", text: "" });
      else if (
        (part.type === "text-delta" || part.type === "reasoning-delta") &&
        last !== undefined &&
        "text" in last
      )
        last.text += part.delta;
      else if (part.type === "tool-call") content.push(part);
    }
    const receipt = await answer.receipt;
    return {
      content,
      finishReason: maker.finish,
      usage: maker.usage,
      providerMetadata: metadataOf(receipt),
      response: {
        id: answer.id,
        modelId: answer.model,
        timestamp: new Date(answer.created * 1000),
      },
      warnings,
    };
  } catch (error) {
    throw apiCallError(error, body);
  }
}

/** One streamed answer. */
export async function stream(
  core: Core,
  call: CallOptions,
  settings: CallSettings,
): Promise<{ stream: ReadableStream<Part> }> {
  const { body, warnings } = requestOf(settings);
  const request = {
    ...inputOf(body),
    stream: true as const,
    stream_options: { include_usage: true },
  };
  try {
    const answer = await createChatCompletions(core).create(request, callOptions(call, settings));
    const maker = createPartMaker();
    async function* parts(): AsyncGenerator<Part> {
      yield { type: "stream-start", warnings };
      try {
        for await (const chunk of answer) yield* maker.push(chunk);
        yield* maker.end();
        const receipt = await answer.receipt;
        yield {
          type: "finish",
          usage: maker.usage,
          finishReason: maker.finish,
          providerMetadata: metadataOf(receipt),
        };
      } catch (error) {
        yield* maker.end();
        yield { type: "error", error: apiCallError(error, body) };
        const cut = error instanceof ClientError && error.code === "stream_interrupted";
        yield {
          type: "finish",
          usage: maker.usage,
          finishReason: { unified: cut ? "interrupted" : "error", raw: undefined },
        };
      }
    }
    return { stream: toStream(parts()) };
  } catch (error) {
    throw apiCallError(error, body);
  }
}

/** {@link generate} for the SDK 6. */
export async function generateV3(...given: Parameters<typeof generate>): Promise<GenerateResult> {
  const result = await generate(...given);
  return { ...result, finishReason: withoutInterrupted(result.finishReason) };
}

/** {@link stream} for the SDK 6. */
export async function streamV3(
  ...given: Parameters<typeof stream>
): Promise<{ stream: ReadableStream<StreamPart> }> {
  const { stream: parts } = await stream(...given);
  const transform = new TransformStream<Part, StreamPart>({
    transform: (part, controller) => {
      controller.enqueue(
        part.type === "finish"
          ? { ...part, finishReason: withoutInterrupted(part.finishReason) }
          : part,
      );
    },
  });
  return { stream: parts.pipeThrough(transform) };
}
