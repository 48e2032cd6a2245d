import type { PlanOptions } from "@qwq-fit/planner";
import { DEFAULT_WORKLOAD } from "@qwq-fit/schema";
import type { Catalog, Workload } from "@qwq-fit/schema";
import type { CheckOptions } from "../options/command-options.ts";

/** What the options ask of the model. */
export function workloadOf({ context, concurrency }: CheckOptions): Workload {
  return {
    ...DEFAULT_WORKLOAD,
    ...(context === undefined ? {} : { contextTokens: context }),
    ...(concurrency === undefined ? {} : { concurrency }),
  };
}

/** What the options ask of the planner. */
export function planOptionsOf(options: CheckOptions, catalog: Catalog): PlanOptions {
  return {
    electricityUsdPerKwh: catalog.electricityUsdPerKwh,
    ...(options.optimize === undefined ? {} : { optimize: options.optimize }),
    ...(options.quantization === undefined
      ? {}
      : { quantizations: [options.quantization.toUpperCase()] }),
  };
}
