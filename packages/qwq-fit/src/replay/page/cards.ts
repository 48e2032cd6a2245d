import type { Estimate } from "@qwq-fit/schema";
import { short, usd, whole } from "../../view/numbers.ts";
import type { FleetReport } from "../replay-report.ts";
import { escapeHtml, timeLabel } from "./scale.ts";

/** A figure, its range below it in small. */
function figure(name: string, value: string, range: string): string {
  return `<div class="figure"><dt>${name}</dt><dd>${value}${range === "" ? "" : `<small>${range}</small>`}</dd></div>`;
}

const waits = ({ expected, low, high }: Estimate): [string, string] => [
  timeLabel(expected),
  `${timeLabel(low)} – ${timeLabel(high)}`,
];

function costLine({ cost, unknownCosts }: FleetReport): string {
  const parts: readonly (readonly [string, number | null])[] = [
    ["hardware", cost.hardwareUsd],
    ["energy", cost.energyUsd],
    ["rent", cost.rentUsd],
    ["tokens", cost.tokensUsd],
  ];
  const told = parts
    .filter(([, value]) => value === null || value > 0)
    .map(([name, value]) => `${name} ${value === null ? "not known" : usd(value)}`);
  const unknown =
    unknownCosts.length > 0 ? ` Not known: ${unknownCosts.map(escapeHtml).join(", ")}.` : "";
  return `${told.join(", ")}.${unknown}`;
}

function breakEvenLine({ breakEven, cost }: FleetReport): string {
  if (breakEven === null) return "";
  if (cost.hardwareUsd === 0 && cost.rentUsd === 0) return "";
  const { against, cloudUsdPerMonth, requestsPerDay, paidBackMonths } = breakEven;
  const parts = [
    ...(requestsPerDay === null ? [] : [`from ${short(requestsPerDay)} requests a day`]),
    ...(paidBackMonths === null ? [] : [`paid back in ${short(paidBackMonths)} months`]),
  ];
  const told = parts.length === 0 ? "none at this traffic" : parts.join(", ");
  return `<p><b>Break-even</b> ${told}, against ${escapeHtml(against)} (${usd(cloudUsdPerMonth)} a month).</p>`;
}

function nodeLines(fleet: FleetReport): string {
  const lines = fleet.nodes.map((node) => {
    const { name, engine, model, quantization, slots, answered, busyShare } = node;
    const what =
      engine === "cloud" ? model : `${quantization ?? ""} in ${engine}, ${slots} at once`;
    const speed = `${short(node.decodeTokensPerSecond.expected)} tokens/s alone`;
    const starts = node.coldStarts > 0 ? `, ${whole(node.coldStarts)} cold starts` : "";
    return `<li>${fleet.nodes.length > 1 ? `<b>${escapeHtml(name)}</b> ` : ""}${escapeHtml(what)}, ${speed}; answered ${whole(answered)}, busy ${short(100 * busyShare)} %${starts}</li>`;
  });
  return `<ul>${lines.join("")}</ul>`;
}

const share = (value: number): string => `${short(100 * value)} %`;

/** What each option comes to, as a card. */
export function drawCard(fleet: FleetReport, index: number, best: boolean): string {
  const {
    timeToFirstTokenMs: first,
    timeToAnswerMs: answer,
    rejected,
    costUsdPerMonth: cost,
  } = fleet;
  const [p50, p50Range] = first === null ? ["–", ""] : waits(first.p50);
  const [p95, p95Range] = first === null ? ["–", ""] : waits(first.p95);
  const [whole95, wholeRange] = answer === null ? ["–", ""] : waits(answer.p95);
  const lost = rejected.share.expected > 0 ? ` class="bad"` : "";
  return `<article class="card c${index % 8}"><h3><span class="dot">${index + 1}</span>${escapeHtml(fleet.name)}${best ? `<span class="best">found</span>` : ""}</h3><dl>${figure("a month", usd(cost.expected), cost.low === cost.high ? "" : `${usd(cost.low)} – ${usd(cost.high)}`)}${figure("first token, half within", p50, p50Range)}${figure("19 of 20 within", p95, p95Range)}${figure("whole answer, 19 of 20", whole95, wholeRange)}${figure("turned away", `<span${lost}>${rejected.share.expected === 0 ? "none" : share(rejected.share.expected)}</span>`, rejected.share.high === rejected.share.low ? "" : `${share(rejected.share.low)} – ${share(rejected.share.high)}`)}</dl><details><summary>Cost, break-even, plan</summary><p><b>A month</b> ${costLine(fleet)}</p>${breakEvenLine(fleet)}${nodeLines(fleet)}</details></article>`;
}
