import { type ModelProfile, QwqError } from "@qwq-fit/schema";
import type { LlamaCppSettings } from "./llama-cpp-settings.ts";
import { blockElements, isQuantized, padTo } from "./tensor-types.ts";

/** The engine's own view of a context: llama.cpp's `cparams`. */
export interface ContextParameters {
  /** Cells of all sequences together (`n_ctx`). */
  readonly contextCells: number;
  /** Cells of one stream of the KV cache (`n_ctx_seq`). */
  readonly streamCells: number;
  /** Streams of the KV cache (`n_stream`): one a sequence, or one for all. */
  readonly streams: number;
  /** `n_seq_max`. */
  readonly sequences: number;
  readonly batchTokens: number;
  readonly microBatchTokens: number;
  /** Tokens of one batch whose logits are wanted at most (`n_outputs_max`). */
  readonly outputs: number;
  readonly flashAttention: boolean;
  /** ggml's type of keys and values, upper case. */
  readonly cacheType: string;
  readonly swaFullCache: boolean;
}

/** Context sizes are multiples of this (llama-context.cpp, llama_context::llama_context, GGML_PAD(n_ctx, 256)). */
const CONTEXT_PAD = 256;
/** llama-cparams.h, LLAMA_MAX_SEQ. */
const MAX_SEQUENCES = 256;

/**
 * What the engine makes of the settings, in its own steps: node-llama-cpp's padding
 * (LlamaContext.js, `_create` and the constructor), then llama.cpp's
 * (src/llama-context.cpp, llama_context::llama_context).
 *
 * @throws QwqError `unsupported_combination` where the engine refuses the settings, `invalid_value` for impossible ones.
 */
export function contextParameters(
  settings: LlamaCppSettings,
  model: ModelProfile,
): ContextParameters {
  const cacheType = settings.kvCacheType.toUpperCase();
  refuse(settings, model, cacheType);
  const sequences = settings.sequences;
  const swaFullCache = settings.swaFullCache ?? false;
  const bound = settings.engine !== "llama-server";
  const asked = bound ? boundContextCells(settings, model) : settings.contextTokens * sequences;
  const batchTokens = bound
    ? Math.max(settings.batchTokens, sequences) + (hasWindow(model) && !swaFullCache ? 1 : 0)
    : settings.batchTokens;
  // n_batch is cut to the context before that is padded; with node-llama-cpp it is padded already
  const batch = Math.min(asked, batchTokens);
  const unified = !bound && settings.kvUnified === true;
  const padded = padTo(asked, CONTEXT_PAD);
  const streamCells = unified ? padded : padTo(Math.floor(padded / sequences), CONTEXT_PAD);
  return {
    contextCells: unified ? padded : streamCells * sequences,
    streamCells,
    streams: unified ? 1 : sequences,
    sequences,
    batchTokens: batch,
    microBatchTokens: Math.min(batch, settings.microBatchTokens ?? batch),
    // the server asks for one token of each slot (tools/server/server-context.cpp, server_output_limits)
    outputs: bound ? batch : Math.min(batch, sequences),
    flashAttention: settings.flashAttention,
    cacheType,
    swaFullCache,
  };
}

/** node-llama-cpp pads one sequence's context (not past the trained one), then all of them together. */
function boundContextCells(settings: LlamaCppSettings, model: ModelProfile): number {
  const asked = settings.contextTokens;
  const padded = padTo(Math.max(2, asked), CONTEXT_PAD);
  const one = asked <= model.contextTokens && padded < model.contextTokens ? padded : asked;
  return padTo(one * settings.sequences, CONTEXT_PAD);
}

/** node-llama-cpp's own view, from the file's key alone (GgufInsights.js, swaSize). */
function hasWindow({ hyperparameters, contextTokens }: ModelProfile): boolean {
  const window = hyperparameters["attention.sliding_window"];
  return typeof window === "number" && window > 0 && window < contextTokens;
}

/** The checks of src/llama-context.cpp, llama_init_from_model, and of llama_context's constructor. */
function refuse(settings: LlamaCppSettings, model: ModelProfile, cacheType: string): void {
  for (const name of ["contextTokens", "sequences", "batchTokens"] as const) {
    if (!Number.isInteger(settings[name]) || settings[name] < 1) {
      throw new QwqError("invalid_value", `${name} must be a positive integer`);
    }
  }
  if (settings.sequences > MAX_SEQUENCES) {
    throw new QwqError("invalid_value", `llama.cpp runs at most ${MAX_SEQUENCES} sequences`);
  }
  if (!isQuantized(cacheType)) return;
  if (!settings.flashAttention) {
    throw new QwqError(
      "unsupported_combination",
      `llama.cpp refuses a ${settings.kvCacheType} KV cache without flash attention`,
      { hint: "Turn flash attention on, or take an f16 KV cache." },
    );
  }
  const block = blockElements(cacheType);
  for (const { cache } of model.blocks) {
    if (cache.kind !== "gqa") continue;
    const odd = [cache.keyLength, cache.valueLength].find((length) => length % block !== 0);
    if (odd === undefined) continue;
    throw new QwqError(
      "unsupported_combination",
      `a ${settings.kvCacheType} KV cache needs heads that are a multiple of ${block} long, and this model's are ${odd}`,
      { hint: "Take an f16 KV cache." },
    );
  }
}
