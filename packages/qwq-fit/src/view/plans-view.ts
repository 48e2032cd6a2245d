import type { CheckReport, FitPlan } from "@qwq-fit/schema";
import type { CheckOptions } from "../options/command-options.ts";
import type { Text } from "../text/text.ts";
import { drawCheck } from "./check-view.ts";
import { explanationRows } from "./explanation-view.ts";
import { duration, range } from "./numbers.ts";
import { memorySummary, settingLines } from "./plan-lines.ts";
import { drawSheet, joinPhrases } from "./sheet.ts";
import type { Row } from "./sheet.ts";
import type { Terminal } from "./terminal.ts";

/** The exact command that starts the plan's engine. */
function startLines(plan: FitPlan): string[] {
  const command = plan.startCommand;
  if (command === null) return [];
  return [[command.program, ...command.arguments].join(" ")];
}

function planRow(plan: FitPlan, index: number, text: Text, { colours }: Terminal): Row {
  const [first = "", settings = ""] = settingLines(plan, text);
  const { word } = plan.qualityLoss;
  const speed = `${text.tokensPerSecond(range(plan.decodeTokensPerSecond))} · ${duration(plan.timeToAnswerMs)}`;
  const loss = text.loss(text.quality[word] ?? word);
  return {
    label: String(index + 1),
    lines: [
      { text: first, paint: colours.bold },
      speed,
      joinPhrases([loss, ...memorySummary(plan, text)]),
      { text: settings, paint: colours.dim },
      ...startLines(plan),
    ],
  };
}

/** The answer of `plan`: each plan with its settings, memory, speed and quality; where none fits, the view of `check`. */
export function drawPlans(
  report: CheckReport,
  options: CheckOptions,
  text: Text,
  terminal: Terminal,
): string {
  const { plans, model } = report;
  if (plans.length === 0) return drawCheck(report, options, text, terminal);
  const title: Row = { label: "", lines: [text.plans(plans.length, model.name)] };
  const rows = plans.flatMap((plan, index) => [
    null,
    planRow(plan, index, text, terminal),
    ...(options.explain === true ? explanationRows(plan.explanations, text) : []),
  ]);
  return drawSheet([title, ...rows], terminal);
}
