import { layoutTensors } from "@qwq-fit/models";
import { type ModelEntry, QwqError } from "@qwq-fit/schema";

/** Where a model is cut: its first `leading` blocks and then whole periods of `period` blocks. */
export interface CutPlan {
  /** Blocks of the whole model that run for every token. */
  readonly blocks: number;
  readonly leading: number;
  readonly period: number;
  /** Blocks of each cut file, smallest first; one only where the model has but one period. */
  readonly cuts: readonly number[];
  /** Which blocks of the whole model `count` blocks stand for: kinds and quantizations in the whole's proportions. */
  readonly choose: (count: number) => readonly number[];
  /** Bytes of one block: of the whole model's, and of those that a larger cut has beyond a smaller one, in the mean. */
  readonly blockBytes: { readonly whole: number; readonly cut: number };
}

/** Memory that both cut files may take together, weights alone. */
export interface CutRoom {
  readonly roomBytes: number;
}

const wholeNumber = (value: unknown): number =>
  typeof value === "number" && Number.isInteger(value) && value > 0 ? value : 0;

/** Blocks after which the kinds of layers repeat: full attention among recurrent or windowed ones. */
function periodOf(entry: ModelEntry): number {
  const given = entry.hyperparameters;
  const interval = wholeNumber(given["full_attention_interval"]);
  if (interval > 0) return interval;
  const pattern = given["attention.sliding_window_pattern"];
  // A list tells the kind of each block: its period is where it first repeats itself.
  if (Array.isArray(pattern)) {
    for (let period = 1; period <= pattern.length / 2; period++) {
      if (pattern.every((kind, i) => kind === pattern[i % period])) return period;
    }
    return pattern.length;
  }
  return Math.max(1, wholeNumber(pattern));
}

/** Bytes of what is not a block, and of each block that runs. */
interface Sizes {
  readonly restBytes: number;
  readonly blockBytes: readonly number[];
}

function sizesOf(entry: ModelEntry, quantization: string, blocks: number): Sizes {
  const blockBytes = Array.from({ length: blocks }, () => 0);
  let restBytes = 0;
  for (const { name, bytes } of layoutTensors(entry, quantization)) {
    const block = /^blk\.(\d+)\./u.exec(name)?.[1];
    if (block === undefined) restBytes += bytes;
    else if (Number(block) < blocks) {
      blockBytes[Number(block)] = (blockBytes[Number(block)] ?? 0) + bytes;
    }
  }
  return { restBytes, blockBytes };
}

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

/**
 * Pairs of cuts, in blocks, best first. Two blocks cost more than two of many (caches and heads weigh differently):
 * QwQ-32B's line from 2 and 4 of its 64 ended 7.6 % above what the whole took, the one from 4 and 16 within 1 %.
 */
const LADDER = [
  [8, 24],
  [8, 16],
  [4, 12],
  [4, 8],
  [2, 6],
  [2, 4],
  [1, 2],
] as const;
/** Beyond this, loading alone takes a minute on two cores (0.3 GB/s with repacking, measured). */
const COMFORT_BYTES = 8e9;
/**
 * A pair of all blocks and half of them is taken up to here. A few blocks of a small model live in the processor's cache and
 * are dwarfed by its head: the line from 4 and 12 of Qwen2.5-3B's 36 was off by 6 %.
 */
const SMALL_BYTES = 4e9;

/**
 * Two cuts from which a cost for each period can be told apart from the rest. A period is never cut, so each cut
 * has the same mixture of kinds; leading blocks of another kind (R1 starts dense) are in both and land in the rest.
 * The wider the cuts lie apart, the less noise is stretched; both stand in memory at once.
 *
 * @throws QwqError `does_not_fit` where even the smallest pair is larger than the room; `unsupported_model`.
 */
export function planCuts(entry: ModelEntry, quantization: string, { roomBytes }: CutRoom): CutPlan {
  const given = entry.hyperparameters;
  const blocks = wholeNumber(given["block_count"]) - wholeNumber(given["nextn_predict_layers"]);
  const leading = Math.min(wholeNumber(given["leading_dense_block_count"]), blocks - 1);
  const period = Math.min(periodOf(entry), blocks - leading);
  const most = Math.max(1, Math.floor((blocks - leading) / period));
  const pairOf = (low: number, high: number): readonly number[] => {
    const second = Math.min(high, most);
    const first = Math.min(low, Math.max(1, second - 1));
    return [...new Set([first, second])].map((periods) => leading + periods * period);
  };
  const all = pairOf(Math.ceil(most / 2), most);
  const pairs = LADDER.map(([low, high]) =>
    pairOf(Math.ceil(low / period), Math.ceil(high / period)),
  );
  const { restBytes, blockBytes } = sizesOf(entry, quantization, blocks);
  const bytesOf = (block: number): number => blockBytes[block] ?? 0;
  const groups = Array.from({ length: most }, (_, group) =>
    Array.from({ length: period }, (_unused, i) => leading + group * period + i),
  ).toSorted((a, b) => sum(a.map(bytesOf)) - sum(b.map(bytesOf)));
  // Evenly over the groups from the lightest to the heaviest: each quantization in its proportion.
  const choose = (count: number): readonly number[] => {
    const periods = Math.max(1, Math.round((count - leading) / period));
    const chosen = Array.from(
      { length: periods },
      (_, i) => groups[Math.floor(((i + 0.5) * most) / periods)] ?? [],
    );
    return [...Array.from({ length: leading }, (_, i) => i), ...chosen.flat()];
  };
  const cutBytes = (cut: number): number => sum(choose(cut).slice(leading).map(bytesOf));
  const total = (cuts: readonly number[]): number =>
    sum(cuts.map((cut) => restBytes + sum(choose(cut).map(bytesOf))));
  const within = (limit: number): ((pair: readonly number[]) => boolean) => {
    const bytes = Math.min(limit, roomBytes);
    return (pair) => total(pair) <= bytes;
  };
  const cuts =
    [all].find(within(SMALL_BYTES)) ??
    pairs.find(within(COMFORT_BYTES)) ??
    pairs.toSorted((a, b) => total(a) - total(b)).find(within(roomBytes));
  if (cuts === undefined) {
    throw new QwqError("does_not_fit", "not even a few blocks of this model fit the free memory", {
      hint: "Close other programs, or rehearse a smaller quantization.",
    });
  }
  const [small = blocks, large = small] = cuts;
  const cut =
    large === small
      ? cutBytes(small) / Math.max(1, small - leading)
      : (cutBytes(large) - cutBytes(small)) / (large - small);
  const whole = sum(blockBytes.slice(leading)) / (blocks - leading);
  return { blocks, leading, period, cuts, choose, blockBytes: { whole, cut } };
}
