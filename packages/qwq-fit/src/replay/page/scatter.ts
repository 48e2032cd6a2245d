import type { FleetReport } from "../replay-report.ts";
import { usd } from "../../view/numbers.ts";
import { axis, gridLines, logScale, MONEY_TICKS, TIME_TICKS, timeLabel } from "./scale.ts";

/** Cost a month against the wait of the one in twenty, with the range of both. */
export function drawScatter(fleets: readonly FleetReport[]): string {
  const points = fleets.flatMap((fleet, index) =>
    fleet.timeToFirstTokenMs === null
      ? []
      : [{ fleet, index, wait: fleet.timeToFirstTokenMs.p95, cost: fleet.costUsdPerMonth }],
  );
  if (points.length === 0) return "";
  const x = logScale(
    points.flatMap(({ cost }) => [cost.low / 1.3, cost.high * 1.3]),
    MONEY_TICKS,
    5,
  );
  const y = logScale(
    points.flatMap(({ wait }) => [wait.low / 1.3, wait.high * 1.3]),
    TIME_TICKS,
    6,
  );
  const up = (ms: number): number => 100 - y.at(ms);
  const grid = y.ticks
    .map((value) => {
      const at = up(value).toFixed(2);
      return `<line class="grid" x1="0" x2="100" y1="${at}" y2="${at}"/>`;
    })
    .join("");
  const ranges = points
    .map(({ index, wait, cost }) => {
      const [left, right, at] = [x.at(cost.low), x.at(cost.high), x.at(cost.expected)];
      const [top, bottom, mid] = [up(wait.high), up(wait.low), up(wait.expected)];
      return `<g class="c${index % 8}"><line class="range" x1="${left.toFixed(2)}" x2="${right.toFixed(2)}" y1="${mid.toFixed(2)}" y2="${mid.toFixed(2)}"/><line class="range" x1="${at.toFixed(2)}" x2="${at.toFixed(2)}" y1="${top.toFixed(2)}" y2="${bottom.toFixed(2)}"/></g>`;
    })
    .join("");
  const dots = points
    .map(
      ({ index, wait, cost }) =>
        `<span class="dot on c${index % 8}" style="left:${x.at(cost.expected).toFixed(2)}%;top:${up(wait.expected).toFixed(2)}%">${index + 1}</span>`,
    )
    .join("");
  const labels = y.ticks
    .map(
      (value) =>
        `<span class="ytick" style="top:${up(value).toFixed(2)}%">${timeLabel(value)}</span>`,
    )
    .join("");
  return `<div class="scatter"><div class="plot"><svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">${gridLines(x)}${grid}${ranges}</svg>${dots}${labels}</div>${axis(x, usd)}<p class="axis-name">USD a month →&ensp;·&ensp;↑ 19 of 20 have their first token within</p></div>`;
}
