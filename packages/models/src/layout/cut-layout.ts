import type { ModelEntry, TensorInfo } from "@qwq-fit/schema";

import { type CutBlocks, cutEntry } from "./cut-entry.ts";
import { layoutTensors } from "./layout-tensors.ts";

/**
 * The tensors of a cut model's file. Its first so many blocks are quantized as a model of that depth would be; blocks
 * that are listed keep the types that they have in the whole model, whose mixes are finer in the first and last eighths.
 *
 * @throws QwqError `unsupported_model`, `invalid_value`
 */
export function cutLayout(
  entry: ModelEntry,
  quantization: string,
  blocks?: CutBlocks,
): readonly TensorInfo[] {
  if (typeof blocks !== "object") return layoutTensors(cutEntry(entry, blocks), quantization);
  const places = placesOf(blocks);
  const whole = layoutTensors(entry, quantization);
  const shared = whole.filter(({ name }) => !name.startsWith("blk."));
  const own = whole.flatMap((tensor) => {
    const [, block, rest] = /^blk\.(\d+)(\..*)$/u.exec(tensor.name) ?? [];
    if (block === undefined) return [];
    return (places.get(Number(block)) ?? []).map((place) => ({
      place,
      tensor: { ...tensor, name: `blk.${place}${rest}` },
    }));
  });
  return [...shared, ...own.toSorted((a, b) => a.place - b.place).map(({ tensor }) => tensor)];
}

/** Where in the cut each block of the whole stands; one may stand more than once. */
function placesOf(blocks: readonly number[]): ReadonlyMap<number, readonly number[]> {
  const places = new Map<number, number[]>();
  for (const [place, block] of blocks.entries()) {
    places.set(block, [...(places.get(block) ?? []), place]);
  }
  return places;
}
