import type { CutPlan } from "./cuts.ts";

/** What was measured of one cut file, ms. */
export interface CutSample {
  readonly blocks: number;
  /** Blocks that a GPU computed; the others, and what is not a block, are the CPU's unless all are. */
  readonly offloadedBlocks: number;
  /** A token at a nearly empty cache: the median of each round. Rounds of all cuts were taken in turns. */
  readonly roundsMs: readonly number[];
  /** A token behind `depthTokens` cached ones; null where this cut was not measured so. */
  readonly deepDecodeMs: number | null;
  readonly depthTokens: number;
  readonly prefillMsPerToken: number;
}

/** The whole model's speed as its cuts foretell it. Times in ms. */
export interface Rehearsed {
  readonly decodeMsPerToken: number;
  readonly decodeMsPerCachedToken: number;
  readonly prefillTokensPerSecond: number;
  /** Cost of one block in the mean, and of all that is not a block (embedding, head, sampling). */
  readonly blockMs: number;
  readonly restMs: number;
  readonly relativeError: number;
}

/** Even without noise the extension has this error: measured on whole models against their cuts. */
const LEAST_ERROR = 0.03;
const MOST_ERROR = 0.5;

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : (high + (sorted[middle - 1] ?? Number.NaN)) / 2;
};

/** Blocks of the whole model on each side. */
interface Sides {
  readonly cpu: number;
  readonly gpu: number;
}

const sidesOf = ({ blocks, offloadedBlocks }: CutSample): Sides => ({
  cpu: blocks - offloadedBlocks,
  gpu: offloadedBlocks,
});

/** Ms of one more block on either side, from pairs of samples that differ on that side alone. */
function slopes(base: CutSample, samples: readonly CutSample[], value: Value): Sides {
  const from = sidesOf(base);
  const slope = (side: keyof Sides, other: keyof Sides): number => {
    const wider = samples.find((sample) => {
      const to = sidesOf(sample);
      return to[side] > from[side] && to[other] === from[other];
    });
    if (wider === undefined) return 0;
    const more = sidesOf(wider)[side] - from[side];
    return Math.max(0, (value(wider) - value(base)) / more);
  };
  return { cpu: slope("cpu", "gpu"), gpu: slope("gpu", "cpu") };
}

type Value = (sample: CutSample) => number;

const decode: Value = ({ roundsMs }) => median(roundsMs);

/**
 * Time is a straight line in the number of blocks on each side: `rest + cpu blocks × cost + gpu blocks × cost`. Blocks of
 * a cut may be quantized otherwise than the whole's in the mean (the first and last eighths of a K-quant are finer): a
 * token reads each weight once, so a block's cost is scaled by bytes; reading a prompt is computing, and is not scaled.
 *
 * The cache's term grows with depth and with the blocks that attend on the CPU (or, wholly offloaded, on the GPU).
 */
export function solveCuts(
  plan: CutPlan,
  samples: readonly CutSample[],
  offloadedBlocks: number,
): Rehearsed {
  const [base] = samples;
  if (base === undefined) throw new RangeError("no cut was measured");
  const from = sidesOf(base);
  const gpu = Math.min(offloadedBlocks, plan.blocks);
  const to: Sides = { cpu: plan.blocks - gpu, gpu };
  const byBytes = plan.blockBytes.whole / plan.blockBytes.cut;
  const extend = (value: Value, scale: number): number => {
    const each = slopes(base, samples, value);
    const more = (to.cpu - from.cpu) * each.cpu + (to.gpu - from.gpu) * each.gpu;
    // The base's own blocks are scaled too: they are blocks like the others.
    const own = Math.max(0, from.cpu - plan.leading) * each.cpu + from.gpu * each.gpu;
    const least = plan.blocks >= base.blocks && gpu >= from.gpu ? value(base) : 0;
    return Math.max(least, value(base) + more * scale + own * (scale - 1));
  };
  const each = slopes(base, samples, decode);
  const inBlocks = (to.cpu * each.cpu + to.gpu * each.gpu) * byBytes;
  const rounds = Math.min(...samples.map(({ roundsMs }) => roundsMs.length));
  const foretold = Array.from({ length: rounds }, (_, i) =>
    extend(({ roundsMs }) => roundsMs[i] ?? Number.NaN, byBytes),
  );
  // Each round for itself: what slowed a round slowed all of its cuts.
  const decodeMs = median(foretold);
  const spread = (Math.max(...foretold) - Math.min(...foretold)) / 2 / decodeMs;
  return {
    decodeMsPerToken: decodeMs,
    decodeMsPerCachedToken: cachedMs(base, from, to),
    prefillTokensPerSecond:
      1000 /
      Math.max(
        extend((s) => s.prefillMsPerToken, 1),
        1e-9,
      ),
    blockMs: inBlocks / plan.blocks,
    restMs: Math.max(0, decodeMs - inBlocks),
    relativeError: Math.min(MOST_ERROR, LEAST_ERROR + (Number.isFinite(spread) ? spread : 0)),
  };
}

/** Ms a token for each cached token, from the base's deep and shallow times. */
function cachedMs(base: CutSample, from: Sides, to: Sides): number {
  if (base.deepDecodeMs === null) return 0;
  const term = Math.max(0, base.deepDecodeMs - median(base.roundsMs));
  const attending = from.cpu > 0 ? to.cpu / from.cpu : to.gpu / Math.max(1, from.gpu);
  return (term / Math.max(1, base.depthTokens)) * attending;
}
