/** A stream cut at the given places (taken modulo its length): for tests that re-chunk. */
export function cutAt(whole: Uint8Array, places: readonly number[]): Uint8Array[] {
  const cuts = [...new Set(places.map((place) => place % (whole.length + 1)))];
  const sorted = [0, ...cuts.toSorted((left, right) => left - right), whole.length];
  return sorted.slice(1).map((end, index) => whole.subarray(sorted[index], end));
}

/** The same for text, by UTF-16 code units. */
export function cutTextAt(whole: string, places: readonly number[]): string[] {
  const cuts = [...new Set(places.map((place) => place % (whole.length + 1)))];
  const sorted = [0, ...cuts.toSorted((left, right) => left - right), whole.length];
  return sorted.slice(1).map((end, index) => whole.slice(sorted[index], end));
}
