import type { HardwareProfile, ModelProfile, Workload } from "@qwq-fit/schema";

import type { PlanOptions } from "./plan-options.ts";
import type { Workspace } from "./workspace.ts";

/** What a plan is asked for, with every default filled in where it is read. */
export interface Problem {
  readonly model: ModelProfile;
  readonly hardware: HardwareProfile;
  readonly workload: Workload;
  readonly options: PlanOptions;
  readonly workspace: Workspace;
}
