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

/** Copies of a graph's inputs where layers are split over several devices (llama.cpp v0.5.0 ggml/src/ggml-backend.cpp, GGML_SCHED_MAX_COPIES). */
const pipelineCopies = 4;

interface Steps {
  /** The mask of attention over a whole batch. */
  readonly mask: number;
  /** What goes in: tokens' embeddings and positions. */
  readonly input: number;
  readonly block: number;
  readonly logits: number;
}

/** Activations of the widest steps, in bytes. */
function stepsOf(model: ModelProfile, settings: Settings, copies: number): Steps {
  const { batchTokens, contextTokens, sequences, flashAttention } = settings;
  const tokens = Math.min(batchTokens, contextTokens * sequences);
  const { experts, embeddingLength: embedding } = model;
  const wide =
    experts === null ? model.feedForwardLength : experts.feedForwardLength * experts.usedPerToken;
  const cells = padded(contextTokens) * sequences;
  const scores = flashAttention ? 0 : 4 * model.attentionHeads * tokens * cells;
  return {
    mask: 2 * tokens * cells * copies,
    input: 8 * tokens * embedding * copies,
    block: 4 * tokens * (3 * embedding + 2 * wide) + scores,
    logits: 4 * tokens * (model.vocabularySize + embedding),
  };
}

/** Compute buffer of one memory, from the parts that run there. */
function computeBytes(
  device: string,
  steps: Steps,
  holds: { readonly blocks: boolean; readonly head: boolean },
  streamed: number,
): number {
  const widest = Math.max(
    holds.head ? steps.logits : 0,
    holds.blocks ? steps.block + steps.mask : 0,
    // weights of the host that the device borrows for a large batch
    device === "host" ? 0 : streamed === 0 ? 0 : streamed + steps.block + steps.mask,
  );
  return device === "host" ? Math.max(widest, steps.mask + steps.input) : widest;
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
  const used = new Set(placement.map(({ device }) => device).filter((device) => device !== "host"));
  const steps = stepsOf(model, settings, used.size > 1 ? pipelineCopies : 1);
  const held = new Map<string, { blocks: boolean; head: boolean }>();
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
    if (holdsHead && !(onHost && bytes.tied)) addWeights(sum, bytes.output, onHost, settings);
    const before = held.get(device);
    held.set(device, {
      blocks: before?.blocks === true || firstBlock < head,
      head: before?.head === true || holdsHead,
    });
  }
  const hostBlocks = held.get("host")?.blocks === true;
  for (const device of new Set([...held.keys(), "host"])) {
    const own = held.get(device) ?? { blocks: false, head: false };
    const streamed = used.size > 0 && hostBlocks ? bytes.largestMatrix : 0;
    sumOf(device).computeBytes = computeBytes(device, steps, own, streamed);
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
