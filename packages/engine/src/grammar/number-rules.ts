/** Fifteen digits: every such integer is exact as a double, and none becomes infinite. */
const MAX_DIGITS = 15;

/** Any integer of up to fifteen digits. */
export const INTEGER_RULE: string = `"-"? ("0" | [1-9] [0-9]{0,${MAX_DIGITS - 1}})`;
/** Any number that is finite and that a double keeps. */
export const NUMBER_RULE: string = `"-"? ("0" | [1-9] [0-9]{0,${MAX_DIGITS - 1}}) ("." [0-9]{1,${MAX_DIGITS}})? ([eE] [-+]? [1-9] [0-9]?)?`;

/** Exactly the integers from `min` to `max` (null: no bound but the number of digits), in plain decimals. */
export function integerRule(min: bigint | null, max: bigint | null): string {
  if (min === null && max === null) return INTEGER_RULE;
  const most = 10n ** BigInt(MAX_DIGITS) - 1n;
  const from = min ?? (max !== null && max < -most ? max : -most);
  const to = max ?? (min !== null && min > most ? min : most);
  const options: string[] = [];
  if (from < 0n) {
    const highest = to < 0n ? -to : 1n;
    if (-from >= highest) options.push(`"-" (${naturals(highest, -from)})`);
  }
  if (to >= 0n) options.push(naturals(from > 0n ? from : 0n, to));
  return options.join(" | ");
}

/**
 * Numbers from `min` to `max`: the integers of the range, and fractions wherever a whole step between two integers lies in
 * it. Narrower than the range, never wider; null where it holds no integer and no such step.
 */
export function boundedNumberRule(min: number | null, max: number | null): string | null {
  if (min === null && max === null) return NUMBER_RULE;
  const limit = 10 ** MAX_DIGITS - 1;
  const low = Math.max(Math.ceil(min ?? -limit), -limit);
  const high = Math.min(Math.floor(max ?? limit), limit);
  if (low > high) return null;
  const options = [integerRule(BigInt(low), BigInt(high))];
  const fraction = `"." [0-9]{1,${MAX_DIGITS}}`;
  // k.xxx lies between k and k+1.
  if (high >= 1) {
    options.push(`(${naturals(BigInt(Math.max(low, 0)), BigInt(high - 1))}) ${fraction}`);
  }
  if (low <= -1) {
    options.push(`"-" (${naturals(BigInt(Math.max(-high, 0)), BigInt(-low - 1))}) ${fraction}`);
  }
  return options.join(" | ");
}

/** Exactly the natural numbers from `from` to `to`, without leading zeros. */
function naturals(from: bigint, to: bigint): string {
  const options: string[] = [];
  const [low, high] = [String(from), String(to)];
  for (let length = low.length; length <= high.length; length++) {
    const first = length === low.length ? low : `1${"0".repeat(length - 1)}`;
    const last = length === high.length ? high : "9".repeat(length);
    options.push(...sameLength(first, last));
  }
  return options.join(" | ");
}

/** Digit strings of one length from `low` to `high`. */
function sameLength(low: string, high: string): string[] {
  if (low === high) return [`"${low}"`];
  const [a, b] = [Number(low[0]), Number(high[0])];
  const rest = low.length - 1;
  if (rest === 0) return [digits(a, b)];
  if (a === b) {
    const inner = sameLength(low.slice(1), high.slice(1)).join(" | ");
    return [`"${a}" (${inner})`];
  }
  const options: string[] = [];
  let [start, end] = [a, b];
  if (low.slice(1) !== "0".repeat(rest)) {
    options.push(`"${a}" (${sameLength(low.slice(1), "9".repeat(rest)).join(" | ")})`);
    start++;
  }
  const full = high.slice(1) === "9".repeat(rest);
  if (!full) end--;
  if (start <= end) options.push(`${digits(start, end)} [0-9]{${rest}}`);
  if (!full) options.push(`"${b}" (${sameLength("0".repeat(rest), high.slice(1)).join(" | ")})`);
  return options;
}

function digits(from: number, to: number): string {
  return from === to ? `"${from}"` : `[${from}-${to}]`;
}
