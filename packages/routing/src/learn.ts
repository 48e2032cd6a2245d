import type { NodeSnapshot } from "@qwq-fit/schema";

/** What one answer showed of a node. Null where it did not show. */
export interface Observation {
  readonly ok: boolean;
  /** Observed over believed time of reading the prompt. */
  readonly prefillRatio: number | null;
  /** Observed over believed time a token. */
  readonly decodeRatio: number | null;
  /** Time to the response's headers, less what is explained. */
  readonly overheadMs: number | null;
  /** Ms since the last observation of this node. */
  readonly sinceLastMs: number;
}

/** Weight of a new observation. 0.2: about the last ten answers count. */
const GAIN = 0.2;
/** What was learnt fades towards "as believed" with this half-life; a node may have been mended. */
const HALF_LIFE_MS = 10 * 60_000;
/** One wild observation moves a factor no further than this. */
const RATIO_LIMIT = 20;

type Learnt = NodeSnapshot["learnt"];

/** A node about which nothing was learnt yet. */
export const NOTHING_LEARNT: Learnt = {
  prefillFactor: 1,
  decodeFactor: 1,
  overheadMs: 0,
  errorRate: 0,
  samples: 0,
};

/** What was learnt, faded by time: factors drift back to 1 and the error rate to 0. */
export function fade(learnt: Learnt, sinceMs: number): Learnt {
  const keep = 0.5 ** (Math.max(0, sinceMs) / HALF_LIFE_MS);
  return {
    prefillFactor: learnt.prefillFactor ** keep,
    decodeFactor: learnt.decodeFactor ** keep,
    overheadMs: learnt.overheadMs * keep,
    errorRate: learnt.errorRate * keep,
    samples: learnt.samples,
  };
}

/**
 * The exponentially weighted mean after one more observation, in the logarithm for factors (twice as
 * slow and twice as fast are equally far from 1). The first observation counts in full.
 */
export function learn(before: Learnt, seen: Observation): Learnt {
  const faded = fade(before, seen.sinceLastMs);
  const gain = before.samples === 0 ? 1 : GAIN;
  const factor = (old: number, ratio: number | null): number => {
    if (ratio === null || !Number.isFinite(ratio) || ratio <= 0) return old;
    const bounded = Math.min(RATIO_LIMIT, Math.max(1 / RATIO_LIMIT, ratio));
    return Math.exp((1 - gain) * Math.log(old) + gain * Math.log(bounded));
  };
  return {
    prefillFactor: factor(faded.prefillFactor, seen.prefillRatio),
    decodeFactor: factor(faded.decodeFactor, seen.decodeRatio),
    overheadMs:
      seen.overheadMs === null
        ? faded.overheadMs
        : (1 - gain) * faded.overheadMs + gain * Math.max(0, seen.overheadMs),
    errorRate: (1 - GAIN) * faded.errorRate + GAIN * (seen.ok ? 0 : 1),
    samples: before.samples + 1,
  };
}
