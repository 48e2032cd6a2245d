/** A bucket that fills by time: what is not bounded by credit is bounded by this. */
export interface Bucket {
  /** Takes `amount`; false where the bucket holds less. */
  take(amount: number): boolean;
}

/** A full bucket of `most`, refilled at `perSecond`. */
export function createBucket(most: number, perSecond: number, now: () => number): Bucket {
  let level = most;
  let atMs = now();
  return {
    take: (amount) => {
      const nowMs = now();
      level = Math.min(most, level + (Math.max(0, nowMs - atMs) / 1000) * perSecond);
      atMs = nowMs;
      if (level < amount) return false;
      level -= amount;
      return true;
    },
  };
}
