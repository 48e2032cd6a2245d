import type { ModelProfile } from "@qwq-fit/schema";

import type { EngineCapabilities } from "../engines/capabilities.ts";
import type { Problem } from "./problem.ts";

/** Largest context that the model reaches: its own, or the one that YaRN or the like gives it. */
export const largestContext = (model: ModelProfile): number =>
  Math.max(model.contextTokens, model.extendedContextTokens ?? 0);

function allContexts({ model, workload, options }: Problem): readonly number[] {
  const asked = workload.contextTokens;
  const largest = largestContext(model);
  if (asked > largest) return [];
  if (options.onlyAskedContext === true) return [asked];
  const found = new Set([asked, largest]);
  if (model.contextTokens > asked) found.add(model.contextTokens);
  for (let doubled = asked * 2; doubled < largest; doubled *= 2) found.add(doubled);
  return [...found].toSorted((a, b) => a - b);
}

/**
 * Contexts that are worth a plan, smallest first: the one asked for, its doublings, the model's own and
 * its extended one, the last only with an engine that can be told to extend it. Empty where model or
 * engine cannot hold what is asked for.
 */
export function contextCandidates(
  problem: Problem,
  { takes }: EngineCapabilities,
): readonly number[] {
  const contexts = allContexts(problem);
  const { contextTokens } = problem.model;
  return takes.extendedContext ? contexts : contexts.filter((tokens) => tokens <= contextTokens);
}
