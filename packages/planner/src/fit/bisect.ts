/** A question about a whole number whose answer turns from no to yes once, going up. */
export type Question = (value: number) => boolean;

/** The smallest number from `low` to `high` for which `holds`, or null. */
export function smallestThat(low: number, high: number, holds: Question): number | null {
  if (low > high || !holds(high)) return null;
  let [from, to] = [low, high];
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    if (holds(middle)) to = middle;
    else from = middle + 1;
  }
  return to;
}

/** The largest number from `low` to `high` for which `holds`, or null; here the answer turns from yes to no. */
export function largestThat(low: number, high: number, holds: Question): number | null {
  const found = smallestThat(-high, -low, (value) => holds(-value));
  return found === null ? null : 0 - found;
}

/** Steps from a rough answer that are tried before everything is searched. */
const nearTries = 8;

/**
 * A number for which `exactly` holds, near the smallest: `roughly` costs little and is right to within
 * some `step`s. What is returned holds exactly; a smaller one by a few steps may hold too.
 */
export function smallestNear(
  low: number,
  high: number,
  step: number,
  roughly: Question,
  exactly: Question,
): number | null {
  const guess = smallestThat(low, high, roughly) ?? high;
  for (let at = guess; at <= high && at <= guess + nearTries * step; at += step) {
    if (exactly(at)) return at;
  }
  return smallestThat(Math.min(high, guess + nearTries * step), high, exactly);
}

/** The same for the largest. */
export function largestNear(
  low: number,
  high: number,
  step: number,
  roughly: Question,
  exactly: Question,
): number | null {
  const found = smallestNear(
    -high,
    -low,
    step,
    (value) => roughly(-value),
    (value) => exactly(-value),
  );
  return found === null ? null : 0 - found;
}
