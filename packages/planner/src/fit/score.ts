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
  /** A doubling of speed is worth this much below the usable limit, up to reading speed, and above. */
  slopeBelowUsable: 1.5,
  slopeToReading: 0.7,
  slopeBeyond: 0.2,
  /** Tokens a second at which an answer comes faster than most people read; then only thinking waits. */
  readingTokensPerSecond: 30,
  /** An engine that is not here yet must be that much better than the one that comes with this project. */
  otherEngine: 0.6,
  /** And one of which nobody here has seen a line of documentation, twice as much. */
  unverified: 0.6,
} as const;

function speedWorth(tokensPerSecond: number, usable: number): number {
  const speed = Math.max(1e-6, tokensPerSecond);
  if (speed < usable) return taste.slopeBelowUsable * Math.log2(speed / usable);
  const reading = Math.max(usable, taste.readingTokensPerSecond);
  const near = taste.slopeToReading * Math.log2(Math.min(speed, reading) / usable);
  return near + taste.slopeBeyond * Math.max(0, Math.log2(speed / reading));
}

/** Everything that ranks a plan. */
export interface Ranked extends Merits {
  /** The engine was found on this machine. */
  readonly installed: boolean;
  readonly unverified: boolean;
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
    (plan.unverified ? taste.unverified : 0);
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
