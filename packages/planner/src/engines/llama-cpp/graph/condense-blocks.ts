import type { ModelProfile, TensorInfo } from "@qwq-fit/schema";

import type { LayerSplit } from "../layer-split.ts";
import type { WeightBuffer } from "../weights/place-weights.ts";

/** Blocks at each end that are always kept: the graph's borders differ from its middle. */
const ENDS = 2;

/**
 * Blocks whose graph peaks where the whole model's does. Blocks repeat, and storage repeats with them:
 * one of each neighbourhood (a block between its two neighbours) is enough, in their order. A test holds
 * this against graphs of all blocks.
 */
export function condenseBlocks(
  model: ModelProfile,
  split: LayerSplit,
  weights: ReadonlyMap<string, TensorInfo>,
  bufferOf: ReadonlyMap<string, WeightBuffer>,
): readonly number[] {
  const kinds = blockKinds(model, split, weights, bufferOf);
  const seen = new Set<string>();
  const kept: number[] = [];
  for (const [block, kind] of kinds.entries()) {
    const neighbourhood = `${kinds[block - 1] ?? ""}|${kind}|${kinds[block + 1] ?? ""}`;
    const atEnd = block < ENDS || block >= kinds.length - ENDS;
    if (!atEnd && seen.has(neighbourhood)) continue;
    seen.add(neighbourhood);
    kept.push(block);
  }
  return kept;
}

/** What of a block decides its storage: device, cache, experts, and the weights that a device may copy over. */
function blockKinds(
  model: ModelProfile,
  split: LayerSplit,
  weights: ReadonlyMap<string, TensorInfo>,
  bufferOf: ReadonlyMap<string, WeightBuffer>,
): readonly string[] {
  const caches = new Map<object, number>();
  const copied = model.blocks.map(() => "");
  const hasDevices = split.blocks.some((device) => device >= 0) || split.output >= 0;
  for (const [name, tensor] of weights) {
    const block = /^blk\.(\d+)\.(.*)/.exec(name);
    if (block?.[1] === undefined || tensor.shape.length < 2) continue;
    const index = Number(block[1]);
    if (copied[index] === undefined) continue;
    // without devices only the presence of a weight matters, not its type
    const type = hasDevices ? `${tensor.type}:${String(bufferOf.get(name))}` : "";
    copied[index] += `${block[2] ?? ""}${type},`;
  }
  return model.blocks.map(({ cache, experts }, block) => {
    const cacheId = caches.get(cache) ?? caches.size;
    caches.set(cache, cacheId);
    return `${split.blocks[block] ?? -1};${cacheId};${String(experts)};${copied[block] ?? ""}`;
  });
}
