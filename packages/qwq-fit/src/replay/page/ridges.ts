import type { FleetReport } from "../replay-report.ts";
import {
  axis,
  escapeHtml,
  gridLines,
  type LogScale,
  logScale,
  TIME_TICKS,
  timeLabel,
} from "./scale.ts";

/** Places along the axis at which the density is drawn. */
const POINTS = 120;
/** Width of the kernel that smooths it, in percent of the axis. */
const SMOOTH = 1.6;

/** The density of a distribution that is given by its percents, as a closed path in 100 by 100; none for no values. */
function ridge(byPercent: readonly number[], scale: LogScale): string {
  if (byPercent.length === 0) return "";
  const places = byPercent.map((value) => scale.at(value));
  const heights = Array.from({ length: POINTS + 1 }, (_, i) => {
    const x = (100 * i) / POINTS;
    return places.reduce((sum, place) => sum + Math.exp(-(((x - place) / SMOOTH) ** 2) / 2), 0);
  });
  const most = Math.max(...heights);
  const line = heights
    .map(
      (height, i) => `${((100 * i) / POINTS).toFixed(2)},${(98 - (92 * height) / most).toFixed(2)}`,
    )
    .join(" ");
  return `<polygon class="ridge" points="0,98 ${line} 100,98"/>`;
}

function row(
  fleet: FleetReport,
  index: number,
  values: readonly number[],
  scale: LogScale,
): string {
  const median = values[49];
  const late = values[94];
  const marks = (
    [
      ["p50", median],
      ["p95", late],
    ] as const
  )
    .map(([name, value]) =>
      value === undefined
        ? ""
        : `<line class="mark ${name}" x1="${scale.at(value).toFixed(2)}" x2="${scale.at(value).toFixed(2)}" y1="4" y2="100"/>`,
    )
    .join("");
  const told =
    median === undefined || late === undefined
      ? "nobody was answered"
      : `half within <b>${timeLabel(median)}</b>, 19 of 20 within <b>${timeLabel(late)}</b>`;
  return `<div class="strip c${index % 8}"><div class="strip-head"><span class="dot">${index + 1}</span><span class="name">${escapeHtml(fleet.name)}</span><span class="told">${told}</span></div><svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">${gridLines(scale)}${ridge(values, scale)}${marks}</svg></div>`;
}

/** One distribution below the other on one axis of time. */
export function drawRidges(
  fleets: readonly FleetReport[],
  valuesOf: (fleet: FleetReport) => readonly number[],
): string {
  const edges = fleets.flatMap((fleet) => {
    const values = valuesOf(fleet);
    return [values[0] ?? Number.NaN, values.at(-1) ?? Number.NaN];
  });
  const scale = logScale(edges, TIME_TICKS, 6);
  const rows = fleets.map((fleet, index) => row(fleet, index, valuesOf(fleet), scale)).join("");
  return `<div class="strips">${rows}${axis(scale, timeLabel)}</div>`;
}
