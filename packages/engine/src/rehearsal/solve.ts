import type { CutPlan } from "./cuts.ts";

/** What was measured of one cut file, ms. */
export interface CutSample {
  readonly blocks: number;
  /** A token at a nearly empty cache. */
  readonly decodeMs: number;
  /** A token behind `depthTokens` cached ones. */
  readonly deepDecodeMs: number;
  readonly depthTokens: number;
  readonly prefillMsPerToken: number;
  /** Half the spread of repeated runs, relative. */
  readonly noise: number;
}

/** The whole model's speed as its cuts foretell it. Times in ms. */
export interface Rehearsed {
  readonly decodeMsPerToken: number;
  readonly decodeMsPerCachedToken: number;
  readonly prefillTokensPerSecond: number;
  /** Cost of one block, and of all that is not a block (embedding, head, sampling). */
  readonly blockMs: number;
  readonly restMs: number;
  readonly relativeError: number;
}

/** A line through two points, at `x`; no less than the larger point's value. */
function extend(x1: number, y1: number, x2: number, y2: number, x: number): number {
  if (x1 === x2) return y2;
  return Math.max(y2, y1 + ((y2 - y1) * (x - x1)) / (x2 - x1));
}

/** Even without noise the extension has this error: measured on whole models against their cuts. */
const LEAST_ERROR = 0.03;

/**
 * Time is a straight line in the number of periods: `rest + blocks × block`, and the cache's term grows with both depth
 * and blocks. Measured for QwQ-32B cut to 2, 4, 8 and 16 of 64 layers: 48, 73, 119, 222 ms a token.
 *
 * Noise of the cuts is stretched by the extension: by `(blocks − c1) / (c2 − c1)`, less what is averaged.
 */
export function solveCuts(plan: CutPlan, samples: readonly CutSample[]): Rehearsed {
  const [first] = samples;
  const last = samples.at(-1);
  if (first === undefined || last === undefined) throw new RangeError("no cut was measured");
  const at = (value: (sample: CutSample) => number): number =>
    extend(first.blocks, value(first), last.blocks, value(last), plan.blocks);
  const decodeMs = at((sample) => sample.decodeMs);
  const perCached = (sample: CutSample): number =>
    Math.max(0, sample.deepDecodeMs - sample.decodeMs) / Math.max(1, sample.depthTokens);
  // The cache's term belongs to the blocks alone: it is proportional to them.
  const cachedMs = (perCached(last) / last.blocks) * plan.blocks;
  const prefillMs = at((sample) => sample.prefillMsPerToken);
  const apart = last.blocks - first.blocks;
  const blockMs =
    apart === 0 ? last.decodeMs / last.blocks : (last.decodeMs - first.decodeMs) / apart;
  const stretch = apart === 0 ? 1 : (plan.blocks - first.blocks) / apart;
  const noise = Math.max(first.noise, last.noise);
  const share = (last.decodeMs * stretch) / Math.max(decodeMs, 1e-9);
  return {
    decodeMsPerToken: decodeMs,
    decodeMsPerCachedToken: cachedMs,
    prefillTokensPerSecond: 1000 / Math.max(prefillMs, 1e-9),
    blockMs: Math.max(0, blockMs),
    restMs: Math.max(0, decodeMs - blockMs * plan.blocks),
    relativeError: Math.min(0.5, LEAST_ERROR + noise * Math.min(share, 10)),
  };
}
