import type { Estimate } from "@qwq-fit/schema";
import { duration, range, short, usd, whole } from "../view/numbers.ts";
import type { Terminal } from "../view/terminal.ts";
import { wrap } from "../view/width.ts";
import type { FleetReport, ReplayReport } from "./replay-report.ts";

const HOUR_MS = 3_600_000;
/** Faults that a person is shown; `--json` has up to a thousand, and all are counted. */
const FAULTS_SHOWN = 20;

const percent = (share: number): string => `${short(100 * share)} %`;

/** "$84 (80–91)". */
const money = (estimate: Estimate): string =>
  estimate.low === estimate.high ? usd(estimate.expected) : `$${range(estimate)}`;

const indented = (text: string, columns: number): string[] =>
  wrap(text, columns - 2).map((line) => `  ${line}`);

function rejectedText({ rejected }: FleetReport): string {
  const { share, saturated, tooLong } = rejected;
  if (share.high === 0) return "none";
  const why = [
    ...(saturated > 0 ? [`${whole(saturated)} found no room`] : []),
    ...(tooLong > 0 ? [`${whole(tooLong)} are too long`] : []),
  ];
  const told = `${percent(share.expected)} (${short(100 * share.low)}–${short(100 * share.high)})`;
  return why.length === 0 ? told : `${told}: ${why.join(", ")}`;
}

function breakEvenText({ breakEven, cost, unknownCosts }: FleetReport): string | null {
  if (breakEven === null) return null;
  const { against, cloudUsdPerMonth, requestsPerDay, paidBackMonths } = breakEven;
  const cloud = `${against} (${usd(cloudUsdPerMonth)} a month)`;
  if (cost.hardwareUsd === 0 && cost.rentUsd === 0 && cost.tokensUsd > 0) return null;
  const parts = [
    ...(requestsPerDay === null ? [] : [`from ${short(requestsPerDay)} requests a day`]),
    ...(paidBackMonths === null ? [] : [`paid back in ${short(paidBackMonths)} months`]),
  ];
  if (parts.length > 0) return `${parts.join(", ")}, against ${cloud}`;
  return unknownCosts.length > 0
    ? `not known: ${unknownCosts.join(", ")}`
    : `none at this traffic, against ${cloud}`;
}

function fleetLines(fleet: FleetReport, { colours, columns }: Terminal): string[] {
  const { timeToFirstTokenMs: first, timeToAnswerMs: answer, nodes, cost } = fleet;
  const label = (name: string, text: string): string[] =>
    wrap(text, Math.max(20, columns - 14)).map(
      (line, i) => `  ${(i === 0 ? name : "").padEnd(12)}${line}`,
    );
  const parts = [
    ...(cost.hardwareUsd === null || cost.hardwareUsd > 0
      ? [`hardware ${cost.hardwareUsd === null ? "?" : usd(cost.hardwareUsd)}`]
      : []),
    ...(cost.energyUsd === null || cost.energyUsd > 0
      ? [`energy ${cost.energyUsd === null ? "?" : usd(cost.energyUsd)}`]
      : []),
    ...(cost.rentUsd > 0 ? [`rent ${usd(cost.rentUsd)}`] : []),
    ...(cost.tokensUsd > 0 ? [`tokens ${usd(cost.tokensUsd)}`] : []),
  ];
  const even = breakEvenText(fleet);
  const paint = fleet.rejected.share.expected > 0.01 ? colours.yellow : colours.green;
  return [
    ...wrap(fleet.name, columns).map((line) => paint(colours.bold(line))),
    ...(first === null || answer === null
      ? label("First token", "nobody was answered")
      : [
          ...label("First token", `p50 ${duration(first.p50)}, p95 ${duration(first.p95)}`),
          ...label("Answer", `p50 ${duration(answer.p50)}, p95 ${duration(answer.p95)}`),
        ]),
    ...label("Turned away", rejectedText(fleet)),
    ...label(
      "A month",
      `${money(fleet.costUsdPerMonth)}${parts.length > 1 ? `: ${parts.join(", ")}` : ""}`,
    ),
    ...(even === null ? [] : label("Break-even", even)),
    ...nodes.flatMap((node, i) => {
      const { name, engine, quantization, slots, busyShare, answered, coldStarts } = node;
      const speed = `${short(node.decodeTokensPerSecond.expected)} tokens/s`;
      const what =
        engine === "cloud" ? node.model : `${quantization ?? ""} in ${engine}, ${slots} at once`;
      const starts = coldStarts > 0 ? `, ${whole(coldStarts)} cold starts` : "";
      const text = `${nodes.length > 1 ? `${name}: ` : ""}${what}, ${speed} alone; answered ${whole(answered)}, busy ${percent(busyShare)}${starts}`;
      return label(i > 0 ? "" : nodes.length > 1 ? "Plans" : "Plan", text).map((line) =>
        colours.dim(line),
      );
    }),
    "",
  ];
}

/** What was wrong with the lines of the trace. */
function faultLines({ trace }: ReplayReport, { columns }: Terminal): string[] {
  const { faults } = trace;
  if (faults.total === 0) return [];
  const kinds = Object.entries(faults.byKind).map(
    ([kind, count]) => `${whole(count)} ${kind.replaceAll("_", " ")}`,
  );
  const rest = faults.total - FAULTS_SHOWN;
  return [
    ...wrap(`Not replayed: ${kinds.join(", ")}`, columns),
    ...faults.first
      .slice(0, FAULTS_SHOWN)
      .flatMap(({ line, message }) => indented(`line ${line}: ${message}`, columns)),
    ...(rest > 0 ? [`  and ${whole(rest)} more (--json lists up to 1,000)`] : []),
    "",
  ];
}

function foundLines({ found }: ReplayReport, { columns, colours }: Terminal): string[] {
  if (found === null) return [];
  const head = found.best === null ? "No mix keeps the service level" : `Found: ${found.best}`;
  return [
    ...wrap(head, columns).map((line) => colours.bold(line)),
    ...found.why.flatMap((line) => indented(line, columns)),
    "",
  ];
}

/** The report for a person. */
export function drawReplay(report: ReplayReport, terminal: Terminal): string {
  const { trace, model, options, unfit, assumptions, draws } = report;
  const { colours, columns } = terminal;
  const { promptTokens, reasoningTokens, answerTokens } = trace.mean;
  const about = `${model}, ${whole(trace.requests)} requests of ${trace.source} over ${short(trace.spanMs / HOUR_MS)} hours: on average ${whole(promptTokens)} prompt, ${whole(reasoningTokens)} thinking and ${whole(answerTokens)} answer tokens`;
  const notes = [
    ...trace.notes,
    ...assumptions,
    `Ranges hold four in five of ${draws} draws of the nodes' speeds.`,
  ];
  return [
    ...wrap(about, columns),
    "",
    ...faultLines(report, terminal),
    ...foundLines(report, terminal),
    ...options.flatMap((fleet) => fleetLines(fleet, terminal)),
    ...unfit.flatMap(({ message }) => [
      ...wrap(`✘ ${message}`, columns).map((line) => colours.red(line)),
      "",
    ]),
    ...notes.flatMap((line) => wrap(line, columns)).map((line) => colours.dim(line)),
    "",
  ].join("\n");
}
