/** Counts of positive numbers in buckets of equal ratio: bounded memory however many there are. */
export interface Histogram {
  add(value: number): void;
  readonly count: number;
  /** Exact; NaN where it is empty. */
  readonly mean: number;
  /** The value below which a share `q` lies (nearest rank), within half a bucket; NaN where it is empty. */
  quantile(q: number): number;
  /** Share of the values that are at most this. */
  shareUpTo(value: number): number;
}

/** Logarithm of the ratio of neighbouring buckets: a quantile is within 0.1 %. */
const STEP = 0.002;
/** Values below count as this one, ms; nothing that is waited for is shorter. */
const LEAST = 1e-3;
/** Up to e^30 of the least: some hundred years in ms. */
const BUCKETS = Math.ceil(30 / STEP);

/** An empty histogram. */
export function createHistogram(): Histogram {
  const counts = new Uint32Array(BUCKETS);
  let count = 0;
  let sum = 0;
  const bucketOf = (value: number): number =>
    Math.min(BUCKETS - 1, Math.max(0, Math.round(Math.log(value / LEAST) / STEP)));
  return {
    add: (value) => {
      const bucket = value > LEAST ? bucketOf(value) : 0;
      counts[bucket] = (counts[bucket] ?? 0) + 1;
      count++;
      sum += value;
    },
    get count() {
      return count;
    },
    get mean() {
      return count === 0 ? Number.NaN : sum / count;
    },
    quantile: (q) => {
      if (count === 0) return Number.NaN;
      let left = Math.max(1, Math.ceil(q * count));
      for (const [bucket, here] of counts.entries()) {
        left -= here;
        if (left <= 0) return LEAST * Math.exp(bucket * STEP);
      }
      return Number.NaN;
    },
    shareUpTo: (value) => {
      if (count === 0) return Number.NaN;
      const last = value > LEAST ? bucketOf(value) : 0;
      let below = 0;
      for (let bucket = 0; bucket <= last; bucket++) below += counts[bucket] ?? 0;
      return below / count;
    },
  };
}
