import type { BlockCache, ModelProfile } from "@qwq-fit/schema";

import type { Placement } from "@qwq-fit/schema";
import type { Settings } from "./candidate.ts";
import type { Buffers } from "./charge.ts";
import type { PartBytes, VariantBytes } from "./variant-bytes.ts";

/** Bytes of one element of the KV cache: a block's bytes over its elements (llama.cpp v0.5.0 ggml/src/ggml-common.h). */
const elementBytes: Readonly<Record<string, number>> = {
  f32: 4,
  f16: 2,
  bf16: 2,
  fp8: 1,
  q8_0: 34 / 32,
  q5_1: 24 / 32,
  q5_0: 22 / 32,
  q4_1: 20 / 32,
  q4_0: 18 / 32,
  iq4_nl: 18 / 32,
};

/** Cells are padded to this (llama.cpp v0.5.0 src/llama-context.cpp, GGML_PAD(n_ctx, 256)). */
const cellStep = 256;

const padded = (tokens: number): number => Math.ceil(tokens / cellStep) * cellStep;

/** Bytes that one block keeps for all sequences. */
export function cacheBytes(
  cache: BlockCache,
  settings: Pick<Settings, "kvCacheType" | "contextTokens" | "sequences" | "batchTokens">,
): number {
  const { kvCacheType, contextTokens, sequences, batchTokens } = settings;
  if (cache.kind === "recurrent") {
    return (cache.convElements + cache.stateElements) * 4 * sequences;
  }
  const element = elementBytes[kvCacheType] ?? 2;
  const cells = padded(contextTokens);
  if (cache.kind === "mla") return cache.rowLength * element * cells * sequences;
  const row = cache.kvHeads * (cache.keyLength + cache.valueLength) * element;
  if (cache.windowTokens === null) return row * cells * sequences;
  return row * Math.min(cells, padded(cache.windowTokens + batchTokens)) * sequences;
}

interface Sum {
  weightsBytes: number;
  repackedBytes: number;
  kvCacheBytes: number;
  computeBytes: number;
}

function addWeights(sum: Sum, part: PartBytes, onHost: boolean, settings: Settings): void {
  const repacked = onHost && settings.repack ? part.repacked : 0;
  // mapped, the file's own copy stays beside the repacked one
  sum.weightsBytes += part.weights - (settings.mmap ? 0 : Math.min(part.weights, repacked));
  sum.repackedBytes += repacked;
}

/** Activations of the widest step: logits where the head stands, else a block's feed-forward; and the mask. */
function computeBytes(model: ModelProfile, settings: Settings, holdsHead: boolean): number {
  const { batchTokens, contextTokens, sequences } = settings;
  const tokens = Math.min(batchTokens, contextTokens * sequences);
  const wide =
    model.experts === null
      ? model.feedForwardLength
      : model.experts.feedForwardLength * model.experts.usedPerToken;
  const block = 4 * tokens * (3 * model.embeddingLength + 2 * wide);
  const logits = holdsHead ? 4 * tokens * (model.vocabularySize + model.embeddingLength) : 0;
  const mask = 2 * tokens * padded(contextTokens) * sequences;
  const scores = settings.flashAttention
    ? 0
    : 4 * model.attentionHeads * tokens * padded(contextTokens);
  return Math.max(block, logits) + mask + scores;
}

/**
 * Buffers of a llama.cpp plan to within a few percent, in microseconds: weights and cache summed by
 * block, compute buffers from the widest step. It chooses which candidates are worth the engine's exact
 * rules, and stands in for them where an architecture's graph is not known.
 */
export function roughMemory(
  model: ModelProfile,
  bytes: VariantBytes,
  settings: Settings,
  placement: readonly Placement[],
): readonly Buffers[] {
  const sums = new Map<string, Sum>();
  const sumOf = (device: string): Sum => {
    const known = sums.get(device) ?? {
      weightsBytes: 0,
      repackedBytes: 0,
      kvCacheBytes: 0,
      computeBytes: 0,
    };
    sums.set(device, known);
    return known;
  };
  addWeights(sumOf("host"), bytes.input, true, { ...settings, repack: false });
  const head = model.blocks.length;
  for (const { device, firstBlock, lastBlock, part } of placement) {
    const sum = sumOf(device);
    const onHost = device === "host";
    for (let index = firstBlock; index <= Math.min(lastBlock, head - 1); index += 1) {
      const block = bytes.blocks[index];
      const shape = model.blocks[index];
      if (block === undefined || shape === undefined) continue;
      if (part !== "experts") {
        addWeights(sum, block.dense, onHost, settings);
        sum.kvCacheBytes += cacheBytes(shape.cache, settings);
      }
      if (part !== "without-experts") addWeights(sum, block.experts, onHost, settings);
    }
    const holdsHead = part !== "experts" && lastBlock >= head;
    if (holdsHead) addWeights(sum, bytes.output, onHost, settings);
    sum.computeBytes = Math.max(sum.computeBytes, computeBytes(model, settings, holdsHead));
  }
  return [...sums]
    .map(([device, sum]) => ({
      device,
      weightsBytes: Math.round(sum.weightsBytes),
      repackedBytes: Math.round(sum.repackedBytes),
      kvCacheBytes: Math.round(sum.kvCacheBytes),
      computeBytes: sum.computeBytes,
      outputBytes: 4 * model.vocabularySize * settings.sequences * (device === "host" ? 1 : 0),
      totalBytes: 0,
    }))
    .map((row) => ({
      ...row,
      totalBytes:
        row.weightsBytes +
        row.repackedBytes +
        row.kvCacheBytes +
        row.computeBytes +
        row.outputBytes,
    }));
}
