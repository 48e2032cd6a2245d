import type { Shortfall } from "@qwq-fit/schema";

import { availableHostBytes } from "./budget.ts";
import { fittingChanges } from "./changes.ts";
import { largestContext } from "./contexts.ts";
import type { Problem } from "./problem.ts";
import { nearestMiss } from "./search.ts";

/**
 * Why nothing fits: the memory that the nearest way to run overruns, by how much, and the changes that
 * would help, each tried by planning again with it.
 */
export function shortfallOf(problem: Problem, withChanges: boolean): Shortfall {
  const nearest = nearestMiss(problem);
  const changes = withChanges ? fittingChanges(problem, nearest) : [];
  const overrun = nearest?.overrun ?? null;
  if (overrun !== null) {
    return {
      limit: overrun.device === "host" ? "host_memory" : "device_memory",
      device: overrun.device,
      neededBytes: overrun.neededBytes,
      budgetBytes: overrun.budgetBytes,
      missingBytes: overrun.missingBytes,
      changes,
    };
  }
  const tooLong = problem.workload.contextTokens > largestContext(problem.model);
  const budgetBytes = availableHostBytes(problem.hardware);
  return {
    limit: tooLong ? "context" : "engine",
    device: "host",
    neededBytes: budgetBytes,
    budgetBytes,
    missingBytes: 0,
    changes,
  };
}
