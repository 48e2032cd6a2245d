import type { ModelProfile, WeightsVariant } from "@qwq-fit/schema";

import type { ServerRules } from "../engines/capabilities.ts";
import type { Settings } from "./candidate.ts";
import type { Buffers } from "./charge.ts";
import { cacheBytes } from "./rough-memory.ts";

/** How a model is laid over machines: devices that share every layer, and stages that follow each other. */
export interface Layout {
  readonly tensorParallel: number;
  readonly stages: number;
}

/** Activations of a step: aiconfigurator's factor for that many devices, the largest known for more. */
function activationBytes(rules: ServerRules, model: ModelProfile, devices: number): number {
  const known = rules.activationFactors.filter(([count]) => count <= devices).at(-1);
  return 2 * rules.batchTokens * model.embeddingLength * (known?.[1] ?? 10);
}

/** KV heads are dealt out to the devices, at least one to each; a latent cache stands on every device whole. */
function cacheShare(model: ModelProfile, blockIndex: number, tensorParallel: number): number {
  const cache = model.blocks[blockIndex]?.cache;
  if (cache?.kind === "mla") return 1;
  if (cache?.kind !== "gqa") return 1 / tensorParallel;
  return Math.max(1, Math.ceil(cache.kvHeads / tensorParallel)) / cache.kvHeads;
}

/**
 * What each device of a server engine holds: its share of the weights, of the cache that the asked
 * contexts need (the engine's pool takes the rest of its share), activations, graphs and buffers for its
 * neighbours. The engines publish no exact rule; every figure names its source in the row.
 */
export function serverBuffers(
  rules: ServerRules,
  model: ModelProfile,
  variant: WeightsVariant,
  settings: Settings,
  layout: Layout,
  devices: readonly string[],
): readonly Buffers[] {
  const { tensorParallel, stages } = layout;
  const cache = model.blocks.reduce(
    (sum, block, index) =>
      sum + cacheBytes(block.cache, settings) * cacheShare(model, index, tensorParallel),
    0,
  );
  // stages are whole blocks: the fullest has one more than the mean where they do not divide
  const stage = Math.ceil(model.blocks.length / stages) / Math.max(1, model.blocks.length);
  const weightsBytes = Math.ceil((variant.tensorBytes / tensorParallel) * stage);
  const kvCacheBytes = Math.ceil(cache * stage);
  const talks = tensorParallel * stages > 1 ? rules.communicationBytes : 0;
  const computeBytes = activationBytes(rules, model, tensorParallel) + rules.graphBytes + talks;
  return devices.map((device) => ({
    device,
    weightsBytes,
    repackedBytes: 0,
    kvCacheBytes,
    computeBytes,
    outputBytes: 0,
    totalBytes: weightsBytes + kvCacheBytes + computeBytes,
  }));
}
