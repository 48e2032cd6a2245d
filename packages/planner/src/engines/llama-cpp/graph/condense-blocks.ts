import type { ModelProfile } from "@qwq-fit/schema";

import type { LayerSplit } from "../layer-split.ts";
import type { WeightPlacement } from "../weights/place-weights.ts";
import type { WeightTable } from "../weights/weight-table.ts";

/** Longest pattern of blocks that is looked for: six of a Gemma, three of a mixed quantization. */
const LONGEST_PERIOD = 8;
/** Repetitions of a pattern that stay. */
const KEPT = 4;

/** Blocks to build a graph of, and what of them and of the other weights the graph depends on. */
export interface CondensedBlocks {
  readonly blocks: readonly number[];
  /** Equal for files of one model whose graphs are the same. */
  readonly key: string;
}

/**
 * Blocks whose graph peaks where the whole model's does. Patterns of blocks repeat, and the allocator's
 * state repeats with them, every time or every second time; so of many repetitions a few are enough, if
 * an even number is left out. A test holds this against graphs of all blocks.
 */
export function condenseBlocks(
  model: ModelProfile,
  split: LayerSplit,
  weights: WeightTable,
  placement: WeightPlacement,
  hasDevices: boolean,
): CondensedBlocks {
  const caches = new Map<object, number>();
  const kinds = model.blocks.map(({ cache, experts }, block) => {
    const cacheId = caches.get(cache) ?? caches.size;
    caches.set(cache, cacheId);
    const weighed = weightsKey(block, weights, placement, hasDevices);
    return `${split.blocks[block] ?? -1};${cacheId};${String(experts)}${weighed}`;
  });
  const kept: number[] = [];
  let block = 0;
  while (block < kinds.length) {
    const { period, repeats } = bestPattern(kinds, block);
    const dropped = droppedRepeats(repeats);
    const half = period * (KEPT / 2);
    for (let i = 0; i < period * (repeats - dropped); i += 1) {
      kept.push(block + (i < half ? i : i + period * dropped));
    }
    block += period * repeats;
  }
  const outside = weightsKey(null, weights, placement, hasDevices);
  const named = [...new Set(kinds)];
  const order = kept.map((index) => named.indexOf(kinds[index] ?? ""));
  const key = JSON.stringify([named, order, outside, placement.tiedHead, split.output]);
  return { blocks: kept, key };
}

function droppedRepeats(repeats: number): number {
  return Math.max(0, 2 * Math.floor((repeats - KEPT) / 2));
}

/** The pattern from this block on of which most can be dropped. */
function bestPattern(kinds: readonly string[], start: number): { period: number; repeats: number } {
  let best = { period: 1, repeats: 1 };
  for (let period = 1; period <= LONGEST_PERIOD; period += 1) {
    let end = start + period;
    while (end < kinds.length && kinds[end] === kinds[end - period]) end += 1;
    const repeats = Math.floor((end - start) / period);
    const drops = droppedRepeats(repeats) * period;
    if (drops > droppedRepeats(best.repeats) * best.period) best = { period, repeats };
  }
  return best;
}

/** Names of weights with what decides their storage: device, and type where a device may copy them over. */
function weightsKey(
  block: number | null,
  weights: WeightTable,
  placement: WeightPlacement,
  hasDevices: boolean,
): string {
  let key = "";
  for (const [name, { weight, bias, scale }] of weights.groups(block)) {
    key += `,${name}${bias === undefined ? "" : "+"}${scale === undefined ? "" : "*"}`;
    if (weight === undefined || !hasDevices) continue;
    const buffer = placement.buffers[weight.index];
    // only weights in host memory are ever copied, and only then their size matters; never for a look-up of rows
    const lookedUp = weight.role.operation === "GET_ROWS" && !weights.tied;
    const copied = (buffer === "cpu" || buffer === "pinned") && !lookedUp;
    key += copied ? weight.tensor.type : String(buffer);
  }
  return key;
}
