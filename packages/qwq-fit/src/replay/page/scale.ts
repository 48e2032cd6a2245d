/** Text for HTML: nothing of a name becomes a tag. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** A logarithmic axis: places in percent, and the values that are named on it. */
export interface LogScale {
  readonly low: number;
  readonly high: number;
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

/** An axis over these values with a little room; ticks are the candidates within, thinned to `most`. */
export function logScale(
  values: readonly number[],
  candidates: readonly number[],
  most: number,
): LogScale {
  const known = values.filter((value) => value > 0 && Number.isFinite(value));
  const least = known.length === 0 ? 1 : Math.min(...known);
  const greatest = known.length === 0 ? 10 : Math.max(...known);
  // At least a factor of four, so that equal things do not fill the axis with noise.
  const middle = Math.sqrt(least * greatest);
  const low = Math.min(least / 1.25, middle / 2);
  const high = Math.max(greatest * 1.25, middle * 2);
  const span = Math.log(high / low);
  const within = candidates.filter((value) => value >= low && value <= high);
  const every = Math.max(1, Math.ceil(within.length / most));
  return {
    low,
    high,
    at: (value) => (100 * Math.log(Math.min(high, Math.max(low, value)) / low)) / span,
    ticks: within.filter((_, i) => i % every === 0),
  };
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** Times that people read at a glance, ms. */
export const TIME_TICKS: readonly number[] = [
  1,
  3,
  10,
  30,
  100,
  300,
  ...[1, 3, 10, 30].map((value) => value * SECOND),
  ...[1, 3, 10, 30].map((value) => value * MINUTE),
  ...[1, 3, 10, 30, 100].map((value) => value * HOUR),
];
/** Sums of money that people read at a glance, USD. */
export const MONEY_TICKS: readonly number[] = [-2, -1, 0, 1, 2, 3, 4, 5, 6].flatMap((power) => [
  10 ** power,
  3 * 10 ** power,
]);

/** "300 ms", "3 s", "10 min", "1 h". */
export function timeLabel(exact: number): string {
  // The unit of the rounded figure: 999.6 ms is a second.
  const ms = Number(exact.toPrecision(2));
  if (ms < SECOND) return `${ms} ms`;
  const [unit, name] =
    ms < MINUTE ? [SECOND, "s"] : ms < HOUR ? [MINUTE, "min"] : ([HOUR, "h"] as const);
  return `${Math.max(1, Number((exact / unit).toPrecision(2)))} ${name}`;
}

/** Names at their places under a chart. */
export function axis(scale: LogScale, label: (value: number) => string): string {
  const marks = scale.ticks
    .map((value) => {
      const at = scale.at(value);
      const side = at < 6 ? " first" : at > 94 ? " last" : "";
      return `<span class="tick${side}" style="left:${at.toFixed(2)}%">${escapeHtml(label(value))}</span>`;
    })
    .join("");
  return `<div class="axis" aria-hidden="true">${marks}</div>`;
}

/** Fine lines at the named values, for an SVG of 100 by 100. */
export function gridLines(scale: LogScale): string {
  return scale.ticks
    .map((value) => {
      const at = scale.at(value).toFixed(2);
      return `<line class="grid" x1="${at}" x2="${at}" y1="0" y2="100"/>`;
    })
    .join("");
}
