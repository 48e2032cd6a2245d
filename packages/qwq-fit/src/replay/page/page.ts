import { short, usd, whole } from "../../view/numbers.ts";
import type { FleetReport, FoundReport, ReplayReport } from "../replay-report.ts";
import { drawCard } from "./cards.ts";
import { drawDay } from "./day.ts";
import { drawRidges } from "./ridges.ts";
import { escapeHtml, timeLabel } from "./scale.ts";
import { drawScatter } from "./scatter.ts";
import { STYLE } from "./style.ts";

const HOUR_MS = 3_600_000;
/** Lines of a trace that could not be replayed and are shown. */
const FAULTS_SHOWN = 20;

const list = (lines: readonly string[], name: string): string =>
  lines.length === 0
    ? ""
    : `<ul class="${name}">${lines.map((line) => `<li>${escapeHtml(line)}</li>`).join("")}</ul>`;

function foundBox(found: FoundReport | null): string {
  if (found === null) return "";
  const { p95FirstTokenMs, p95AnswerMs, rejectedShare, availability } = found.asked;
  const asked = [
    ...(p95FirstTokenMs === null
      ? []
      : [`first token within ${timeLabel(p95FirstTokenMs)} for 19 of 20`]),
    ...(p95AnswerMs === null ? [] : [`whole answer within ${timeLabel(p95AnswerMs)} for 19 of 20`]),
    `at most ${short(100 * rejectedShare)} % turned away`,
    ...(availability === "none" ? [] : ["also without any one node"]),
  ].join(", ");
  const head = found.best === null ? "No mix keeps the service level" : found.best;
  return `<section class="found"><h2>${escapeHtml(head)}</h2><p>Asked: ${escapeHtml(asked)}.</p>${list(found.why, "why")}</section>`;
}

function triedTable(found: FoundReport | null): string {
  if (found === null || found.tried.length === 0) return "";
  const rows = found.tried.map(
    ({ name, costUsdPerMonth, p95FirstTokenMs, fails }) =>
      `<tr><td>${escapeHtml(name)}</td><td class="n">${usd(costUsdPerMonth)}</td><td class="n">${p95FirstTokenMs === null ? "–" : timeLabel(p95FirstTokenMs)}</td><td>${fails === null ? "keeps it" : escapeHtml(fails)}</td></tr>`,
  );
  return `<h2>Mixes looked at</h2><p>The cheapest that keep the service level, then the cheapest that do not.</p><div class="panel"><table><thead><tr><th>Mix</th><th>a month</th><th>p95</th><th></th></tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
}

const legend = (fleets: readonly FleetReport[]): string =>
  `<ul class="legend">${fleets.map(({ name }, i) => `<li class="c${i % 8}"><span class="dot">${i + 1}</span>${escapeHtml(name)}</li>`).join("")}</ul>`;

function faultList({ trace }: ReplayReport): string {
  const { total, first } = trace.faults;
  if (total === 0) return "";
  const lines = first.slice(0, FAULTS_SHOWN).map(({ line, message }) => `line ${line}: ${message}`);
  const more = total > FAULTS_SHOWN ? [`and ${whole(total - FAULTS_SHOWN)} more`] : [];
  return `<h2>Not replayed</h2><p>${whole(total)} lines of the trace.</p>${list([...lines, ...more], "notes")}`;
}

/** The report as one page: no script, nothing from outside. */
export function drawPage(report: ReplayReport): string {
  const { trace, options, model, found, unfit, assumptions, draws, seed, policy } = report;
  const { promptTokens, reasoningTokens, answerTokens } = trace.mean;
  const intro = `${whole(trace.requests)} requests of ${trace.source} over ${short(trace.spanMs / HOUR_MS)} hours, on average ${whole(promptTokens)} prompt, ${whole(reasoningTokens)} thinking and ${whole(answerTokens)} answer tokens. Chosen by “${policy}”.`;
  const charts =
    options.length === 0
      ? ""
      : `<h2>Waiting for the first token</h2><p>How the waits spread, on one scale. Solid: half are served by then; dashed: 19 of 20.</p><div class="panel">${drawRidges(options, (fleet) => fleet.firstTokenMsByPercent)}</div>
<h2>Waiting for the whole answer</h2><p>Thinking included.</p><div class="panel">${drawRidges(options, (fleet) => fleet.answerMsByPercent)}</div>
<h2>Cost against delay</h2><p>Lower and further to the left is better; the bars are ranges.</p><div class="panel">${drawScatter(options)}${legend(options)}</div>
<h2>Load over the day</h2><p>Requests that wait or are answered at a time, by the hour of their arrival (UTC), each option on its own scale; red from above: the share turned away.</p><div class="panel">${drawDay(options)}</div>`;
  const notes = [
    ...trace.notes,
    ...assumptions,
    `Ranges hold four in five of ${draws} draws of the nodes' speeds; seed ${seed}.`,
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(model)} on ${escapeHtml(options.map(({ name }) => name).join(", ")).slice(0, 120)}</title><style>${STYLE}</style></head>
<body><main><header><h1>${escapeHtml(model)}, before you buy</h1><p>${escapeHtml(intro)}</p></header>
${foundBox(found)}
<div class="cards">${options.map((fleet, i) => drawCard(fleet, i, fleet.name === found?.best)).join("")}</div>
${unfit.map(({ message }) => `<p class="bad">${escapeHtml(message)}</p>`).join("")}
${charts}
${triedTable(found)}
${faultList(report)}
<h2>What this rests on</h2>${list(notes, "notes")}
<footer>Made by qwq-fit replay. Speeds are predictions with ranges, prices are dated; nothing was bought, downloaded or deployed.</footer>
</main></body></html>
`;
}
