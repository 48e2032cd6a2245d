import type { ModelEntry } from "@qwq-fit/schema";

/**
 * The same model with its first `blocks` blocks alone and none for multi-token prediction: what a
 * rehearsal runs. The whole model where `blocks` is left out.
 */
export function cutEntry(entry: ModelEntry, blocks?: number): ModelEntry {
  if (blocks === undefined) return entry;
  const values = Object.entries(entry.hyperparameters)
    .filter(([key]) => key !== "nextn_predict_layers")
    .map(([key, value]) => [key, cutValue(key, value, blocks)] as const);
  return { ...entry, hyperparameters: Object.fromEntries(values) };
}

/** Arrays that are not one value for each block. */
const OTHER_ARRAYS: ReadonlySet<string> = new Set(["rope.dimension_sections"]);

function cutValue(
  key: string,
  value: number | boolean | string | readonly number[],
  blocks: number,
): number | boolean | string | readonly number[] {
  if (key === "block_count") return blocks;
  if (key === "leading_dense_block_count") return Math.min(Number(value), blocks);
  return typeof value === "object" && !OTHER_ARRAYS.has(key) ? value.slice(0, blocks) : value;
}
