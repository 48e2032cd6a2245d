import type { ModelEntry } from "@qwq-fit/schema";

/** Where a model is cut: its first `leading` blocks and then whole periods of `period` blocks. */
export interface CutPlan {
  readonly blocks: number;
  readonly leading: number;
  readonly period: number;
  /** Blocks of each cut file, smallest first; two or more. */
  readonly cuts: readonly number[];
}

const whole = (value: unknown): number =>
  typeof value === "number" && Number.isInteger(value) && value > 0 ? value : 0;

/** Blocks after which the kinds of layers repeat: full attention among recurrent or windowed ones. */
function periodOf(entry: ModelEntry): number {
  const given = entry.hyperparameters;
  const interval = whole(given["full_attention_interval"]);
  if (interval > 0) return interval;
  const pattern = given["attention.sliding_window_pattern"];
  // A list tells the kind of each block: its period is where it first repeats itself.
  if (Array.isArray(pattern)) {
    for (let period = 1; period <= pattern.length / 2; period++) {
      if (pattern.every((kind, i) => kind === pattern[i % period])) return period;
    }
    return pattern.length;
  }
  return Math.max(1, whole(pattern));
}

/**
 * Two cuts from which a cost for each period can be told apart from the rest. A period is never cut, so each cut
 * has the same mixture of kinds; leading blocks of another kind (R1 starts dense) are in both and land in the rest.
 * Small periods are taken more than once: the wider the cuts lie apart, the less noise is stretched.
 */
export function planCuts(entry: ModelEntry): CutPlan {
  const blocks = whole(entry.hyperparameters["block_count"]);
  const leading = Math.min(whole(entry.hyperparameters["leading_dense_block_count"]), blocks - 1);
  const period = Math.min(periodOf(entry), blocks - leading);
  const once = Math.max(1, Math.ceil(2 / period));
  const most = Math.floor((blocks - leading) / period);
  const first = Math.min(once, Math.max(1, most - 1));
  const second = Math.min(2 * first, most);
  const cuts = [...new Set([first, second])].map((periods) => leading + periods * period);
  return { blocks, leading, period, cuts };
}
