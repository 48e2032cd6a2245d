import type { ModelProfile } from "@qwq-fit/schema";

import type { LayerSplit } from "../layer-split.ts";
import type { WeightPlacement } from "../weights/place-weights.ts";
import type { WeightTable } from "../weights/weight-table.ts";

/** Blocks at each end that are always kept: the graph's borders differ from its middle. */
const ENDS = 2;
/** Neighbours on each side that make a neighbourhood. */
const REACH = 1;

/**
 * Blocks whose graph peaks where the whole model's does. Blocks repeat, and storage repeats with them:
 * one of each neighbourhood (a block between its two neighbours) is enough, in their order. A test holds
 * this against graphs of all blocks.
 */
export function condenseBlocks(
  model: ModelProfile,
  split: LayerSplit,
  weights: WeightTable,
  placement: WeightPlacement,
): readonly number[] {
  const kinds = blockKinds(model, split, weights, placement);
  const seen = new Set<string>();
  const kept: number[] = [];
  for (const block of kinds.keys()) {
    const around = Array.from({ length: 2 * REACH + 1 }, (_, i) => kinds[block - REACH + i] ?? -1);
    const neighbourhood = around.join();
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
  weights: WeightTable,
  placement: WeightPlacement,
): readonly number[] {
  const hasDevices = split.blocks.some((device) => device >= 0) || split.output >= 0;
  const kinds = new Map<string, number>();
  const caches = new Map<object, number>();
  return model.blocks.map(({ cache, experts }, block) => {
    const cacheId = caches.get(cache) ?? caches.size;
    caches.set(cache, cacheId);
    let key = `${split.blocks[block] ?? -1};${cacheId};${String(experts)}`;
    for (const [name, { weight }] of weights.groups(block)) {
      if (weight === undefined || weight.tensor.shape.length < 2) continue;
      key += `,${name}`;
      // without devices only the presence of a weight matters, not its type
      if (hasDevices) key += `:${weight.tensor.type}:${String(placement.buffers[weight.index])}`;
    }
    const kind = kinds.get(key) ?? kinds.size;
    kinds.set(key, kind);
    return kind;
  });
}
