import type { KvCacheType, ModelProfile } from "@qwq-fit/schema";

import { tensorType } from "../ggml/tensor-types.ts";

/**
 * Bytes that one more token of context takes in all blocks that keep keys and values: grouped-query
 * attention `kvHeads × (keyLength + valueLength)` elements, latent attention one row, recurrent
 * blocks nothing (llama.cpp v0.5.0 src/llama-kv-cache.cpp, llama_kv_cache::llama_kv_cache). Blocks with
 * a sliding window stop growing at it; up to there they count here.
 */
export function kvBytesPerToken(
  model: Pick<ModelProfile, "blocks">,
  type: Exclude<KvCacheType, "fp8">,
): number {
  const { blockBytes, blockElements } = tensorType(type.toUpperCase());
  const elements = model.blocks.reduce((sum, { cache }) => {
    if (cache.kind === "gqa") return sum + cache.kvHeads * (cache.keyLength + cache.valueLength);
    return cache.kind === "mla" ? sum + cache.rowLength : sum;
  }, 0);
  return (elements / blockElements) * blockBytes;
}

/**
 * Bytes of the fixed states that one sequence takes in recurrent blocks, f32
 * (src/llama-memory-recurrent.cpp; the context's type_k and type_v do not apply to them).
 */
export function stateBytesPerSequence(model: Pick<ModelProfile, "blocks">): number {
  return model.blocks.reduce(
    (sum, { cache }) =>
      cache.kind === "recurrent"
        ? sum + (cache.convElements + cache.stateElements) * Float32Array.BYTES_PER_ELEMENT
        : sum,
    0,
  );
}
