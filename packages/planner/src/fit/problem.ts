import type { HardwareProfile, ModelProfile, Workload } from "@qwq-fit/schema";

import type { Candidate } from "./candidate.ts";
import type { PlanOptions } from "./plan-options.ts";

/** What a plan is asked for, with every default filled in where it is read. */
export interface Problem {
  readonly model: ModelProfile;
  readonly hardware: HardwareProfile;
  readonly workload: Workload;
  readonly options: PlanOptions;
}

/** `every` finds all ways to run, `any` ends with the first that fits. */
export type Depth = "every" | "any";

/** What a search found: ways that fit, and of those that do not the nearest. */
export interface Found {
  readonly fitting: readonly Candidate[];
  readonly nearest: Candidate | null;
}
