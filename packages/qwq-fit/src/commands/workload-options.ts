import type { PlanOptions } from "@qwq-fit/planner";
import { DEFAULT_WORKLOAD } from "@qwq-fit/schema";
import type { Catalog, Workload } from "@qwq-fit/schema";
import { loadSpeedCoefficients } from "../catalog/load-speed-coefficients.ts";
import type { CheckOptions } from "../options/command-options.ts";

/** What the options ask of the model. */
export function workloadOf({ context, concurrency }: CheckOptions): Workload {
  return {
    ...DEFAULT_WORKLOAD,
    ...(context === undefined ? {} : { contextTokens: context }),
    ...(concurrency === undefined ? {} : { concurrency }),
  };
}

/** What the options ask of the planner, with the prices and the speed model that it is handed. */
export async function planOptionsOf(options: CheckOptions, catalog: Catalog): Promise<PlanOptions> {
  return {
    coefficients: await loadSpeedCoefficients(),
    electricityUsdPerKwh: catalog.electricityUsdPerKwh,
    ...(options.optimize === undefined ? {} : { optimize: options.optimize }),
    ...(options.quantization === undefined
      ? {}
      : { quantizations: [options.quantization.toUpperCase()] }),
  };
}
