import { QwqError } from "@qwq-fit/schema";
import type { EmbedResult } from "../engine.ts";
import type { NativeContext } from "./binding.ts";
import type { LoadedModel } from "./loaded-model.ts";

/** Context of the embedding sequence: enough for a page; a longer input is refused, not cut. */
const MAX_EMBED_TOKENS = 2048;

/** Makes vectors with a context of its own, made when it is first asked for. Vectors have length one. */
export class Embedder {
  readonly #loaded: LoadedModel;
  #context: Promise<NativeContext> | null = null;

  constructor(loaded: LoadedModel) {
    this.#loaded = loaded;
  }

  async embed(input: readonly string[]): Promise<EmbedResult> {
    this.#context ??= this.#create();
    const context = await this.#context;
    const vectors: number[][] = [];
    let promptTokens = 0;
    for (const text of input) {
      const tokens = this.#loaded.promptTokens(text);
      if (tokens.length === 0) throw new QwqError("invalid_request", "An input is empty.");
      if (tokens.length > MAX_EMBED_TOKENS) {
        throw new QwqError("context_too_long", `An input has ${tokens.length} tokens.`, {
          details: { promptTokens: tokens.length, contextTokens: MAX_EMBED_TOKENS },
        });
      }
      promptTokens += tokens.length;
      context.disposeSequence(0);
      context.initBatch(tokens.length);
      context.addToBatch(0, 0, Uint32Array.from(tokens), Uint32Array.from(tokens.keys()));
      // One context, one input at a time.
      // oxlint-disable-next-line no-await-in-loop
      await context.decodeBatch();
      vectors.push(normalised(Array.from(context.getEmbedding(tokens.length))));
    }
    return { vectors, promptTokens };
  }

  async #create(): Promise<NativeContext> {
    const { binding, model, settings } = this.#loaded;
    const size = Math.min(MAX_EMBED_TOKENS, settings.contextTokens);
    const context = new binding.native.AddonContext(model, {
      contextSize: size,
      batchSize: size,
      sequences: 1,
      flashAttention: settings.flashAttention,
      threads: settings.threads,
      embeddings: true,
    });
    if (!(await context.init())) {
      throw new QwqError("engine_failed", "The engine could not make a context for embeddings.");
    }
    return context;
  }
}

function normalised(vector: readonly number[]): number[] {
  const length = Math.hypot(...vector);
  return length === 0 ? [...vector] : vector.map((value) => value / length);
}
