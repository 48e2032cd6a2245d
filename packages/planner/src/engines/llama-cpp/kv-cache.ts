import type { ModelProfile } from "@qwq-fit/schema";
import { storedBytes } from "./allocation-size.ts";
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
  const add = (block: number, type: string, row: number, rows: number): void => {
    const device = split.blocks[block] ?? HOST;
    const { alignmentBytes = HOST_ALIGNMENT, allocation = "plain" } = devices[device] ?? {};
    const bytes = storedBytes(type, row, rowBytes(type, row) * rows, allocation);
    sums.set(device, (sums.get(device) ?? 0) + padTo(bytes, alignmentBytes));
  };
  const { cacheType, sequences, streams, streamCells, flashAttention } = context;
  // without flash attention values are transposed, and all blocks' rows as long as the longest
  const widest = flashAttention ? 0 : widestValueRow(model);
  for (const [block, { cache }] of model.blocks.entries()) {
    if (cache.kind === "recurrent") {
      add(block, "F32", cache.convElements, sequences);
      add(block, "F32", cache.stateElements, sequences);
    } else if (cache.kind === "mla") {
      add(block, cacheType, cache.rowLength, streamCells * streams);
    } else {
      const cells = blockCells(cache.windowTokens, context) * streams;
      add(block, cacheType, cache.kvHeads * cache.keyLength, cells);
      add(block, cacheType, Math.max(widest, cache.kvHeads * cache.valueLength), cells);
    }
  }
  return sums;
}

/** The longest row of values of all blocks (llama-hparams.cpp, n_embd_v_gqa_max). */
export function widestValueRow({ blocks }: ModelProfile): number {
  let widest = 0;
  for (const { cache } of blocks) {
    if (cache.kind === "gqa") widest = Math.max(widest, cache.kvHeads * cache.valueLength);
  }
  return widest;
}
