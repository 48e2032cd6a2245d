import type { CheckReport, FitPlan, Shortfall } from "@qwq-fit/schema";
import type { CheckOptions } from "../options/command-options.ts";
import { explainCost } from "../report/explain-cost.ts";
import { localUsdPerAnswer } from "../report/recommend.ts";
import type { Text } from "../text/text.ts";
import { alternativeLine, alternativesTo } from "./alternatives.ts";
import { explanationRows } from "./explanation-view.ts";
import { machineLines } from "./machine-lines.ts";
import { duration, gib, short, usd, whole } from "./numbers.ts";
import { memoryLines, memoryName, settingLines, speedLines } from "./plan-lines.ts";
import { drawSheet } from "./sheet.ts";
import type { Line, Row } from "./sheet.ts";
import type { Colours, Terminal } from "./terminal.ts";

/** Changes shown for a model that does not fit, smallest first. */
const MOST_CHANGES = 4;
/** Columns that labels take in the longest language, for the bar's width. */
const LABELS = 10;

function verdict(report: CheckReport, text: Text, colours: Colours): Line {
  const { name } = report.model;
  const painted =
    (paint: (line: string) => string) =>
    (line: string): string =>
      paint(colours.bold(line));
  if (report.choice === null) {
    return { text: `✘ ${text.doesNotFit(name)}`, paint: painted(colours.red) };
  }
  if (report.usable) return { text: `✔ ${text.runs(name)}`, paint: painted(colours.green) };
  const speed = short(report.choice.decodeTokensPerSecond.expected);
  return { text: `▲ ${text.slow(name, speed)}`, paint: painted(colours.yellow) };
}

function planRows(
  choice: FitPlan,
  report: CheckReport,
  text: Text,
  { colours, columns }: Terminal,
): (Row | null)[] {
  const { workload, plans } = report;
  const alternatives = alternativesTo(choice, plans, text);
  const [first = "", ...rest] = settingLines(choice, text);
  const { word, kld } = choice.qualityLoss;
  const loss = text.qualityLoss(text.quality[word] ?? word);
  const { labels } = text;
  return [
    {
      label: labels.plan,
      lines: [
        { text: first, paint: colours.bold },
        ...rest.map((line) => ({ text: line, paint: colours.dim })),
      ],
    },
    { label: labels.memory, lines: memoryLines(choice, text, colours, columns - LABELS) },
    { label: labels.speed, lines: speedLines(choice, text) },
    {
      label: labels.answer,
      lines: [
        text.answerTime(
          duration(choice.timeToAnswerMs),
          whole(workload.reasoningTokens),
          whole(workload.answerTokens),
        ),
        text.firstToken(duration(choice.timeToFirstTokenMs)),
      ],
    },
    { label: labels.quality, lines: kld === null ? [loss] : [loss, `KLD ${short(kld)}`] },
    ...(alternatives.length === 0
      ? []
      : [
          null,
          {
            label: labels.also,
            lines: alternatives.map((other) => alternativeLine(other, choice, text)),
          },
        ]),
  ];
}

/** What is short: bytes of a memory, the model's own context, or an engine that could do it. */
function missingText(shortfall: Shortfall, { model }: CheckReport, text: Text): string {
  switch (shortfall.limit) {
    case "context":
      return text.contextLimit(
        model.name,
        whole(model.extendedContextTokens ?? model.contextTokens),
      );
    case "engine":
      return text.engineLimit;
    case "device_memory":
    case "host_memory":
    case "disk":
      return text.missing(
        gib(shortfall.missingBytes),
        gib(shortfall.neededBytes),
        gib(shortfall.budgetBytes),
        memoryName(shortfall.device, text),
      );
  }
}

function shortfallRows(shortfall: Shortfall, report: CheckReport, text: Text): Row[] {
  const { relative } = report;
  const missing = missingText(shortfall, report, text);
  const changes = shortfall.changes
    .slice(0, MOST_CHANGES)
    .flatMap((change) => [
      `- ${change.text}`,
      ...(change.command === null ? [] : [`  ${change.command}`]),
    ]);
  const { labels } = text;
  return [
    { label: labels.missing, lines: [missing] },
    ...(changes.length === 0 ? [] : [{ label: labels.change, lines: changes }]),
    ...(relative === null ? [] : [{ label: labels.instead, lines: [relativeLine(report, text)] }]),
  ];
}

function relativeLine({ relative }: CheckReport, text: Text): string {
  if (relative === null) return "";
  return text.relative(
    relative.id,
    relative.quantization,
    gib(relative.totalBytes),
    text.tokensPerSecond(short(relative.decodeTokensPerSecond.expected)),
  );
}

function cloudRows({ cloud, choice, workload, recommendation }: CheckReport, text: Text): Row[] {
  const offer = cloud.find(({ holdsWorkload }) => holdsWorkload);
  const local = choice === null ? null : localUsdPerAnswer(choice, workload);
  const { labels } = text;
  return [
    {
      label: labels.cloud,
      lines: [
        offer === undefined
          ? text.noCloud
          : text.cloudOffer(
              offer.provider,
              usd(offer.usdPerAnswer),
              usd(offer.outputUsdPerMillionTokens),
            ),
        ...(local === null ? [] : [text.electricity(usd(local))]),
      ],
    },
    { label: labels.advice, lines: [text.targets[recommendation.target]] },
  ];
}

/** What was assumed or could not be probed, and what the plan's numbers do not say. */
function noteRows({ hardware, choice }: CheckReport, text: Text, colours: Colours): (Row | null)[] {
  const warnings = hardware.warnings.map(({ message, hint }) =>
    hint === null ? message : `${message} ${hint}`,
  );
  const notes = [...warnings, ...(choice?.notes ?? [])];
  if (notes.length === 0) return [];
  return [
    null,
    {
      label: text.labels.note,
      lines: notes.map((note) => ({ text: `- ${note}`, paint: colours.dim })),
    },
  ];
}

/** A word of a command line; one with spaces stands in quotes. */
function quote(value: string): string {
  return /^[\w./:-]+$/u.test(value) ? value : `"${value}"`;
}

/** A command line, parted so that a shell takes it where it is wider than `columns`. */
function commandLines(parts: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const part of parts) {
    if (line !== "" && line.length + part.length + 3 > columns) {
      lines.push(`${line} \\`);
      line = `  ${part}`;
    } else line = line === "" ? part : `${line} ${part}`;
  }
  return [...lines, line];
}

/** The command that goes on from here: one that exists, with the options that were given. */
function nextCommand(report: CheckReport, options: CheckOptions, columns: number): string[] {
  const { relative } = report;
  if (report.choice === null && relative !== null) {
    return [`npx qwq-fit --model ${relative.id.split("/").at(-1) ?? relative.id}`];
  }
  // What runs well here is served; what is slow, or another machine's, is looked at first.
  const serves = report.usable && report.fits && options.hardware === undefined;
  return commandLines(
    [
      serves ? "npx qwq-fit serve" : "npx qwq-fit plan",
      ...(options.model === undefined ? [] : [`--model ${quote(options.model)}`]),
      ...(options.context === undefined ? [] : [`--context ${options.context}`]),
      ...(options.hardware === undefined ? [] : [`--hardware ${quote(options.hardware)}`]),
    ],
    columns,
  );
}

/** The answer of `check` as a person reads it in five seconds; with `--explain`, every number's derivation below. */
export function drawCheck(
  report: CheckReport,
  options: CheckOptions,
  text: Text,
  terminal: Terminal,
): string {
  const { choice, shortfall, relative, hardware } = report;
  const { colours } = terminal;
  const { labels } = text;
  const rows: (Row | null)[] = [
    { label: labels.machine, lines: machineLines(hardware, text) },
    null,
    { label: "", lines: [verdict(report, text, colours)] },
    null,
    ...(choice === null ? [] : planRows(choice, report, text, terminal)),
    ...(shortfall === null ? [] : shortfallRows(shortfall, report, text)),
    ...(choice !== null && relative !== null
      ? [{ label: labels.instead, lines: [relativeLine(report, text)] }]
      : []),
    null,
    ...cloudRows(report, text),
    {
      label: labels.next,
      lines: nextCommand(report, options, terminal.columns - LABELS).map((line) => ({
        text: line,
        paint: colours.cyan,
        verbatim: true,
      })),
    },
    ...noteRows(report, text, colours),
    ...(options.explain === true
      ? explanationRows([...(choice?.explanations ?? []), ...explainCost(report)], text)
      : []),
  ];
  return drawSheet(rows, terminal);
}
