import type { FitPlan } from "@qwq-fit/schema";
import type { Text } from "../text/text.ts";
import { short, tokens } from "./numbers.ts";
import { joinPhrases } from "./sheet.ts";

/** Words of quality loss, least first (planner). */
const GRADES = ["none", "barely noticeable", "noticeable", "large", "severe"];

/** An alternative must be this much faster, or hold this much more, to be worth a line. */
const WORTH = 1.1;

interface Alternative {
  readonly word: string;
  readonly plan: FitPlan;
}

const speedOf = (plan: FitPlan): number => plan.decodeTokensPerSecond.expected;
const lossOf = (plan: FitPlan): number => plan.qualityLoss.kld ?? Number.POSITIVE_INFINITY;

const gradeOf = (plan: FitPlan): number => GRADES.indexOf(plan.qualityLoss.word);

/** The plan that is highest in `value`; the earlier of equals. */
function highest(plans: readonly FitPlan[], value: (plan: FitPlan) => number): FitPlan | null {
  let best: FitPlan | null = null;
  for (const plan of plans) if (best === null || value(plan) > value(best)) best = plan;
  return best;
}

/**
 * At most three plans beside the choice: the fastest and the best in quality of those that hold its context, and the
 * one of longest context; none is much worse in quality.
 */
export function alternativesTo(
  choice: FitPlan,
  plans: readonly FitPlan[],
  text: Text,
): Alternative[] {
  const asUsable = plans.filter((plan) => plan.usable || !choice.usable);
  const near = asUsable.filter((plan) => gradeOf(plan) <= gradeOf(choice) + 1);
  const holding = near.filter((plan) => plan.contextTokens >= choice.contextTokens);
  const faster = highest(holding, speedOf);
  const better = highest(
    asUsable.filter((plan) => plan.contextTokens >= choice.contextTokens),
    (plan) => -lossOf(plan),
  );
  const longer = highest(near, (plan) => plan.contextTokens);
  const found: Alternative[] = [];
  const add = (word: string, plan: FitPlan | null, worth: boolean): void => {
    if (plan === null || !worth || plan.id === choice.id) return;
    if (found.every((other) => other.plan.id !== plan.id)) found.push({ word, plan });
  };
  if (faster !== null) add(text.faster, faster, speedOf(faster) > WORTH * speedOf(choice));
  if (better !== null) add(text.better, better, gradeOf(better) < gradeOf(choice));
  if (longer !== null) {
    add(text.longer, longer, longer.contextTokens > WORTH * choice.contextTokens);
  }
  return found;
}

/** "faster: Q3_K_M · 16k context · 1.9 tokens/s · noticeable loss". */
export function alternativeLine({ word, plan }: Alternative, choice: FitPlan, text: Text): string {
  const what = joinPhrases([
    plan.quantization,
    text.context(tokens(plan.contextTokens)),
    ...(plan.kvCacheType === choice.kvCacheType ? [] : [plan.kvCacheType]),
    text.tokensPerSecond(short(speedOf(plan))),
    text.loss(text.quality[plan.qualityLoss.word] ?? plan.qualityLoss.word),
  ]);
  return `${word}: ${what}`;
}
