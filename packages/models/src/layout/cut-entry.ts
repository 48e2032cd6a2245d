import type { ModelEntry } from "@qwq-fit/schema";

/** Which blocks a cut has: the first so many, or these of the whole model in this order. */
export type CutBlocks = number | readonly number[];

/**
 * The same model with its first `blocks` blocks alone (or with those that are listed) and none for multi-token
 * prediction: what a rehearsal runs. The whole model where `blocks` is left out.
 */
export function cutEntry(entry: ModelEntry, blocks?: CutBlocks): ModelEntry {
  if (blocks === undefined) return entry;
  const chosen =
    typeof blocks === "number" ? Array.from({ length: blocks }, (_, block) => block) : blocks;
  const values = Object.entries(entry.hyperparameters)
    .filter(([key]) => key !== "nextn_predict_layers")
    .map(([key, value]) => [key, cutValue(key, value, chosen)] as const);
  return { ...entry, hyperparameters: Object.fromEntries(values) };
}

type Value = number | boolean | string | readonly number[];

/** Arrays that are not one value for each block. */
const OTHER_ARRAYS: ReadonlySet<string> = new Set(["rope.dimension_sections"]);

function cutValue(key: string, value: Value, chosen: readonly number[]): Value {
  if (key === "block_count") return chosen.length;
  if (key === "leading_dense_block_count") {
    return chosen.filter((block) => block < Number(value)).length;
  }
  if (typeof value !== "object" || OTHER_ARRAYS.has(key)) return value;
  return chosen.flatMap((block) => value[block] ?? []);
}
