import type { FleetReport } from "../replay-report.ts";
import { short, whole } from "../../view/numbers.ts";
import { escapeHtml } from "./scale.ts";

const HOURS = 24;
const WIDTH = 100 / HOURS;

const bar = (name: string, hour: number, share: number): string =>
  share <= 0
    ? ""
    : `<rect class="${name}" x="${(hour * WIDTH + WIDTH * 0.1).toFixed(2)}" width="${(WIDTH * 0.8).toFixed(2)}" y="${(100 - 94 * share).toFixed(2)}" height="${(94 * share).toFixed(2)}"/>`;

function strip(head: string, bars: string, colour: string): string {
  return `<div class="strip ${colour}"><div class="strip-head">${head}</div><svg class="low" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true"><line class="grid" x1="0" x2="100" y1="100" y2="100"/>${bars}</svg></div>`;
}

/** The requests of each hour of the day, and how full each option is then. */
export function drawDay(fleets: readonly FleetReport[]): string {
  const [first] = fleets;
  if (first === undefined) return "";
  const arrivals = first.hours.map((hour) => hour.arrivals);
  const most = Math.max(1, ...arrivals);
  const busiest = arrivals.indexOf(most);
  const all = strip(
    `<span class="name">Requests</span><span class="told">most from ${busiest} to ${busiest + 1} h: <b>${whole(most)}</b></span>`,
    arrivals.map((count, hour) => bar("plain", hour, count / most)).join(""),
    "",
  );
  const rows = fleets.map((fleet, index) => {
    const peak = Math.max(...fleet.hours.map((hour) => hour.inSystem));
    const lost = fleet.hours.reduce((sum, hour) => sum + hour.rejected, 0);
    const told = `up to <b>${short(peak)}</b> at a time${lost > 0 ? `, <b class="bad">${whole(lost)} turned away</b>` : ""}`;
    const bars = fleet.hours
      .map(({ hour, inSystem, arrivals: came, rejected }) => {
        const share = came === 0 ? 0 : rejected / came;
        return `${bar("fill", hour, inSystem / Math.max(1e-9, peak))}${share > 0.001 ? `<rect class="lost" x="${(hour * WIDTH + WIDTH * 0.1).toFixed(2)}" width="${(WIDTH * 0.8).toFixed(2)}" y="0" height="${(40 * share + 3).toFixed(2)}"/>` : ""}`;
      })
      .join("");
    return strip(
      `<span class="dot">${index + 1}</span><span class="name">${escapeHtml(fleet.name)}</span><span class="told">${told}</span>`,
      bars,
      `c${index % 8}`,
    );
  });
  const hours = [0, 6, 12, 18, 24]
    .map((hour) => {
      const side = hour === 0 ? " first" : hour === 24 ? " last" : "";
      return `<span class="tick${side}" style="left:${((100 * hour) / HOURS).toFixed(2)}%">${hour} h</span>`;
    })
    .join("");
  return `<div class="strips">${all}${rows.join("")}<div class="axis" aria-hidden="true">${hours}</div></div>`;
}
