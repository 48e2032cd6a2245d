import type { TraceStore } from "../trace/trace-store.ts";

/** A token that is written counts as so many that are read: decoding is about so much slower than reading. */
const WRITTEN = 10;

/** The stretch of so many requests with the most tokens to compute in its time: what holds there holds elsewhere. */
export function busiest(store: TraceStore, most: number): { from: number; to: number } {
  const size = Math.min(most, store.length);
  if (size === store.length) return { from: 0, to: store.length };
  let best = { from: 0, rate: 0 };
  for (let from = 0; from + size <= store.length; from += Math.max(1, Math.floor(size / 4))) {
    let tokens = 0;
    for (let i = from; i < from + size; i++) {
      tokens += store.promptTokens(i) + WRITTEN * store.outputTokens(i);
    }
    const rate = tokens / Math.max(1, store.arrivalMs(from + size - 1) - store.arrivalMs(from));
    if (rate > best.rate) best = { from, rate };
  }
  return { from: best.from, to: best.from + size };
}
