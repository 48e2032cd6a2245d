import {
  type FitAnswer,
  type HardwareProfile,
  type ModelProfile,
  QwqError,
  type Workload,
} from "@qwq-fit/schema";

import { buildPlan } from "./build-plan.ts";
import type { PlanOptions } from "./plan-options.ts";
import type { Problem } from "./problem.ts";
import { rankCandidates } from "./rank.ts";
import { shortfallOf } from "./shortfall.ts";
import { Workspace } from "./workspace.ts";

function checkWorkload(workload: Workload): void {
  const { promptTokens, reasoningTokens, answerTokens, contextTokens, concurrency } = workload;
  const least = [
    ["promptTokens", promptTokens, 0],
    ["reasoningTokens", reasoningTokens, 0],
    ["answerTokens", answerTokens, 0],
    ["contextTokens", contextTokens, 1],
    ["concurrency", concurrency, 1],
  ] as const;
  for (const [name, value, minimum] of least) {
    if (Number.isSafeInteger(value) && value >= minimum) continue;
    throw new QwqError("invalid_value", `${name} must be a whole number from ${minimum}: ${value}`);
  }
}

/**
 * Every sensible way to run a model on a machine: the Pareto front of quality, speed and context, best
 * first by `options.optimize`, each with all settings of its engine, its memory per device against the
 * budget, its speed as ranges and the command that starts it. Where nothing fits, the shortfall says by
 * how much and what would help.
 *
 * Candidates are quantization × KV type × context × offload × engine; memory is what the engine's own
 * rules allocate. `fits` is about memory alone, `usable` asks for
 * `options.usableTokensPerSecond` (3) as well. Pure and total: not fitting is an answer.
 *
 * @throws QwqError `invalid_value` for a workload that is none (negative or fractional tokens).
 */
export function planFit(
  model: ModelProfile,
  hardware: HardwareProfile,
  workload: Workload,
  options: PlanOptions = {},
): FitAnswer {
  return planWithin(new Workspace(), model, hardware, workload, options);
}

/**
 * `planFit`, with what earlier calls about the same model objects have worked out. `verdict` leaves the
 * changes out of a shortfall: each of them is planned again, which costs more than the plan.
 */
export function planWithin(
  workspace: Workspace,
  model: ModelProfile,
  hardware: HardwareProfile,
  workload: Workload,
  options: PlanOptions,
  detail: "full" | "verdict" = "full",
): FitAnswer {
  checkWorkload(workload);
  const problem: Problem = { model, hardware, workload, options, workspace };
  const ranked = rankCandidates(problem);
  if (ranked.length === 0) {
    const shortfall = shortfallOf(problem, detail === "full");
    return { fits: false, usable: false, choice: null, plans: [], shortfall };
  }
  const plans = ranked.map(({ candidate, speed }) => buildPlan(problem, candidate, speed));
  return {
    fits: true,
    usable: plans.some((plan) => plan.usable),
    choice: plans[0] ?? null,
    plans,
    shortfall: null,
  };
}
