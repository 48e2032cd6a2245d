import { engineRows } from "../engines/engine-rows.ts";
import type { Candidate } from "./candidate.ts";
import type { Depth, Found, Problem } from "./problem.ts";
import { searchLlama } from "./search-llama.ts";

/** Ways to run the model with any of the engines; and the nearest of those that do not fit. */
export function search(problem: Problem, depth: Depth): Found {
  const { engines, engineVersions = {} } = problem.options;
  const fitting: Candidate[] = [];
  let nearest: Candidate | null = null;
  for (const row of engineRows(engines, engineVersions)) {
    const found = searchLlama(problem, row, depth);
    fitting.push(...found.fitting);
    if (depth === "any" && fitting.length > 0) break;
    const missing = found.nearest?.overrun?.missingBytes ?? Infinity;
    if (missing < (nearest?.overrun?.missingBytes ?? Infinity)) nearest = found.nearest;
  }
  return { fitting, nearest };
}

/** Whether there is any way to run the model. */
export const fitsAnyhow = (problem: Problem): boolean => search(problem, "any").fitting.length > 0;
