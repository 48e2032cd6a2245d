import type { ModelProfile } from "@qwq-fit/schema";
import type { ContextParameters } from "./context-parameters.ts";
import type { DeviceRules } from "./device-rules.ts";
import { type DeviceIndex, HOST, type LayerSplit } from "./layer-split.ts";
import { padTo, rowBytes } from "./tensor-types.ts";

const HOST_ALIGNMENT = 32;
const SWA_PAD = 256;

/** Cells that a block keeps in each stream: all of the context, or a window and one batch of it. */
export function blockCells(windowTokens: number | null, context: ContextParameters): number {
  if (windowTokens === null || context.swaFullCache) return context.streamCells;
  // src/llama-kv-cache-iswa.cpp, llama_kv_cache_iswa::llama_kv_cache_iswa
  const sequences = context.streams === 1 ? context.sequences : 1;
  const cells = windowTokens * sequences + context.microBatchTokens;
  return Math.min(context.streamCells, padTo(cells, SWA_PAD));
}

/**
 * Bytes of the KV cache, or of recurrent state, on each device (llama.cpp v0.5.0
 * src/llama-kv-cache.cpp, llama_kv_cache::llama_kv_cache; src/llama-memory-recurrent.cpp).
 */
export function kvCacheBytes(
  model: ModelProfile,
  context: ContextParameters,
  split: LayerSplit,
  devices: readonly DeviceRules[],
): ReadonlyMap<DeviceIndex, number> {
  const sums = new Map<DeviceIndex, number>();
  const add = (block: number, bytes: number): void => {
    const device = split.blocks[block] ?? HOST;
    const alignment = devices[device]?.alignmentBytes ?? HOST_ALIGNMENT;
    sums.set(device, (sums.get(device) ?? 0) + padTo(bytes, alignment));
  };
  for (const [block, { cache }] of model.blocks.entries()) {
    if (cache.kind === "recurrent") {
      add(block, cache.convElements * 4 * context.sequences);
      add(block, cache.stateElements * 4 * context.sequences);
    } else if (cache.kind === "mla") {
      add(
        block,
        rowBytes(context.cacheType, cache.rowLength) * context.streamCells * context.streams,
      );
    } else {
      const cells = blockCells(cache.windowTokens, context) * context.streams;
      add(block, rowBytes(context.cacheType, cache.kvHeads * cache.keyLength) * cells);
      add(block, rowBytes(context.cacheType, cache.kvHeads * cache.valueLength) * cells);
    }
  }
  return sums;
}
