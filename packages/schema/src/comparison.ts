import type { SourcedNumber } from "./estimate.ts";
import type { FitPlan, Shortfall } from "./fit-plan.ts";
import type { RelativeModel } from "./check-report.ts";
import type { Workload } from "./workload.ts";

/** One model on one machine, with what the machine costs. */
export interface ComparedCase {
  readonly model: string;
  readonly hardware: string;
  /** Of the machine, or of the devices alone where a device was named. */
  readonly priceUsd: SourcedNumber | null;
  readonly priceCny: SourcedNumber | null;
  readonly fits: boolean;
  readonly usable: boolean;
  readonly choice: FitPlan | null;
  readonly shortfall: Shortfall | null;
  readonly relative: RelativeModel | null;
  /** Price over decode speed, USD for one token a second. */
  readonly usdPerTokenPerSecond: number | null;
}

/** What `compare --json` and `plan --reverse --json` print. */
export interface Comparison {
  readonly schemaVersion: 1;
  readonly workload: Workload;
  readonly cases: readonly ComparedCase[];
}
