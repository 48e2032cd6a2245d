import type { Backend } from "./backend.ts";

/** Parts of the API, in the order of the report. */
export const GROUPS = [
  "models",
  "answers",
  "sampling",
  "streaming",
  "usage",
  "reasoning",
  "tools",
  "schema",
  "abort",
  "limits",
  "errors",
  "other APIs",
] as const;

/** One request (seldom two), and what its answer must be. */
export interface Check {
  readonly id: string;
  readonly group: (typeof GROUPS)[number];
  /** What works where it passes. */
  readonly title: string;
  /** Every client relies on it: where it fails, the command fails. */
  readonly required: boolean;
  /** @throws Nonconformity with what is wrong. */
  readonly run: (backend: Backend) => Promise<void>;
}

/** A table of checks: group, then id, title and what is done; required ones are marked by a star. */
export function checksOf(
  group: Check["group"],
  rows: readonly (readonly [id: string, title: string, run: Check["run"]])[],
): Check[] {
  return rows.map(([id, title, run]) => ({
    id: `${group.replace(" ", "-")}/${id.replace("*", "")}`,
    group,
    title,
    required: id.endsWith("*"),
    run,
  }));
}
