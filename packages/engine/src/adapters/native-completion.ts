import { QwqError } from "@qwq-fit/schema";
import { isObject, parseJson, readErrorBody, readSseEvents } from "@qwq-fit/wire";
import type { TokenLogprob, TokenLogprobs } from "../generate-events.ts";
import { request, unreachable } from "./http-client.ts";
import type { Endpoint } from "./http-client.ts";

/** A call of llama-server's own `/completion`. */
export interface CompletionCall {
  readonly prompt: readonly number[];
  readonly maxTokens: number;
  readonly stop: readonly string[];
  readonly grammar: string | null;
  /** Sampling, in the server's words. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly logprobs: number | null;
}

export type CompletionEvent =
  | {
      readonly type: "progress";
      readonly total: number;
      readonly cached: number;
      readonly processed: number;
    }
  | {
      readonly type: "piece";
      readonly text: string;
      readonly tokens: readonly number[];
      readonly logprobs: readonly TokenLogprobs[] | null;
    }
  | {
      readonly type: "final";
      readonly text: string;
      readonly tokens: readonly number[];
      readonly stop: "eos" | "limit" | "word" | "none";
      readonly stoppingWord: string;
      /** Tokens sampled, the end token included. */
      readonly predicted: number;
      readonly promptTokens: number;
      readonly cachedTokens: number;
      readonly promptMs: number;
      readonly predictedMs: number;
    };

/**
 * Runs one completion and reads its stream (llama.cpp v0.5.0 tools/server/server-task.cpp,
 * server_task_result_cmpl_partial::to_json_non_oaicompat and its final counterpart).
 */
export async function* complete(
  endpoint: Endpoint,
  call: CompletionCall,
  signal: AbortSignal,
): AsyncGenerator<CompletionEvent, void, undefined> {
  const body = {
    ...call.fields,
    prompt: call.prompt,
    n_predict: call.maxTokens,
    stop: call.stop,
    stream: true,
    cache_prompt: true,
    return_tokens: true,
    return_progress: true,
    ...(call.grammar === null ? {} : { grammar: call.grammar }),
    ...(call.logprobs === null ? {} : { n_probs: Math.max(1, call.logprobs) }),
  };
  const response = await request(endpoint, "/completion", body, signal);
  if (response.body === null) throw new QwqError("protocol_error", "An answer without a body.");
  try {
    for await (const { data, event } of readSseEvents(response.body)) {
      const value = parseJson(data ?? "");
      if (!isObject(value))
        throw new QwqError("protocol_error", "The stream holds what is no JSON.");
      if (event === "error" || value["error"] !== undefined) {
        throw new QwqError(
          "upstream_error",
          `llama-server failed: ${readErrorBody(value).message}`,
        );
      }
      const read = eventOf(value, call.logprobs);
      yield read;
      if (read.type === "final") return;
    }
  } catch (error) {
    throw unreachable(error, signal);
  }
  throw new QwqError("stream_interrupted", "llama-server's stream ended without its end.");
}

type Json = Readonly<Record<string, unknown>>;

function eventOf(value: Json, wanted: number | null): CompletionEvent {
  const text = typeof value["content"] === "string" ? value["content"] : "";
  const tokens = Array.isArray(value["tokens"]) ? value["tokens"].map(Number) : [];
  const progress = value["prompt_progress"];
  if (value["stop"] !== true) {
    if (isObject(progress) && tokens.length === 0) {
      return {
        type: "progress",
        total: number(progress, "total"),
        cached: number(progress, "cache"),
        processed: number(progress, "processed"),
      };
    }
    return { type: "piece", text, tokens, logprobs: logprobsOf(value, wanted) };
  }
  const timings = isObject(value["timings"]) ? value["timings"] : {};
  const stop = value["stop_type"];
  return {
    type: "final",
    text,
    tokens,
    stop: stop === "eos" || stop === "limit" || stop === "word" ? stop : "none",
    stoppingWord: typeof value["stopping_word"] === "string" ? value["stopping_word"] : "",
    predicted: number(value, "tokens_predicted"),
    promptTokens: number(value, "tokens_evaluated"),
    cachedTokens: number(timings, "cache_n"),
    promptMs: number(timings, "prompt_ms"),
    predictedMs: number(timings, "predicted_ms"),
  };
}

function logprobsOf(value: Json, wanted: number | null): readonly TokenLogprobs[] | null {
  const list = value["completion_probabilities"];
  if (wanted === null || !Array.isArray(list)) return null;
  return list.filter(isObject).map((one) => {
    const top = Array.isArray(one["top_logprobs"]) ? one["top_logprobs"].filter(isObject) : [];
    return { ...logprob(one), alternatives: top.slice(0, wanted).map(logprob) };
  });
}

function logprob(one: Json): TokenLogprob {
  return {
    tokenId: number(one, "id"),
    text: typeof one["token"] === "string" ? one["token"] : "",
    bytes: Array.isArray(one["bytes"]) ? one["bytes"].map(Number) : [],
    logprob: number(one, "logprob"),
  };
}

function number(value: Json, field: string): number {
  const found = value[field];
  return typeof found === "number" && Number.isFinite(found) ? found : 0;
}
