import type { Merits } from "./pareto.ts";
import type { Objective } from "./plan-options.ts";

/**
 * Weights of the ranking: matters of taste, stated in one place, each with its reason.
 * Units are "doublings of speed near the usable limit".
 */
const taste = {
  /** Divergence that is worth one unit: about 1.6 times Q4_K_M's. */
  kldUnit: 0.05,
  /** From which divergence a plan only stands where nothing better fits: IQ3_XXS, Q2_K and below. */
  kldFloor: 0.15,
  /**
   * What a doubling of speed is worth, by tokens a second from which it holds. Below the usable limit it
   * decides; while an answer with its thinking takes minutes it weighs as much as a step in quality;
   * beyond reading speed only the thinking waits.
   */
  slopes: [
    [0, 1.5],
    [1, 1.4],
    [4, 0.6],
    [10, 0.2],
  ],
  /** Mixes that nearly every repository of GGUF files holds; another one may have to be made. */
  commonFile: 0.3,
  /** An engine that is not here yet must be that much better than the one that comes with this project. */
  otherEngine: 0.6,
  /** And one of which nobody here has seen a line of documentation, twice as much. */
  unverified: 0.6,
} as const;

/** Worth of a speed in units of doublings near the usable limit; the slopes' limits are multiples of it. */
function speedWorth(tokensPerSecond: number, usable: number): number {
  const ratio = Math.max(1e-6, tokensPerSecond) / Math.max(1e-6, usable);
  if (ratio < 1) return taste.slopes[0][1] * Math.log2(ratio);
  return taste.slopes.slice(1).reduce((worth, [from, slope], index) => {
    const to = taste.slopes[index + 2]?.[0] ?? Infinity;
    return ratio <= from ? worth : worth + slope * Math.log2(Math.min(ratio, to) / from);
  }, 0);
}

/** Everything that ranks a plan. */
export interface Ranked extends Merits {
  /** The engine was found on this machine. */
  readonly installed: boolean;
  readonly unverified: boolean;
  /** Its quantization is one that is published nearly everywhere. */
  readonly common: boolean;
  readonly askedContext: number;
  /** Context up to which the model needs no extension such as YaRN. */
  readonly nativeContext: number;
}

/**
 * How good a plan is for an objective; higher is better. Balanced: quality against speed, which matters
 * less the faster it is, at the context asked for. The others put theirs first, among plans that are
 * usable and not severely hurt by quantization, where there are such.
 */
export function scorePlan(plan: Ranked, objective: Objective, usable: number): number {
  const quality = -plan.kld / taste.kldUnit;
  const speed = speedWorth(plan.tokensPerSecond, usable);
  const context = Math.log2(plan.contextTokens / plan.askedContext);
  const extended = plan.contextTokens > Math.max(plan.nativeContext, plan.askedContext) ? 0.3 : 0;
  const engine =
    (plan.ownEngine || plan.installed ? 0 : taste.otherEngine) +
    (plan.unverified ? taste.unverified : 0) +
    (plan.common ? 0 : taste.commonFile);
  const balanced = quality + speed - engine - extended - 0.02 * context;
  if (objective === "balanced") return balanced;
  // one step is larger than any balanced score: what comes first in the list decides first
  const step = 1e4;
  const usableFirst = plan.tokensPerSecond >= usable ? step * 100 : 0;
  const soundFirst = plan.kld < taste.kldFloor ? step * 100 : 0;
  if (objective === "quality") return usableFirst + step * (quality / 50) + balanced / 100;
  if (objective === "speed") {
    return soundFirst + step * Math.log2(Math.max(1e-6, plan.tokensPerSecond)) + balanced / 100;
  }
  return usableFirst + soundFirst + step * context + balanced;
}
