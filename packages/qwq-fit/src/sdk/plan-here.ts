import { modelFromEntry } from "@qwq-fit/models";
import { planFit } from "@qwq-fit/planner";
import { DEFAULT_WORKLOAD } from "@qwq-fit/schema";
import type { Catalog, FitAnswer, ModelProfile } from "@qwq-fit/schema";
import { loadCatalog } from "../catalog/load-catalog.ts";
import { loadSpeedCoefficients } from "../catalog/load-speed-coefficients.ts";
import { probeHardware } from "../hardware/probe-hardware.ts";
import { findModel } from "../model/find-model.ts";
import { readModel } from "../model/read-model.ts";

/** How a model's name becomes a profile. */
export type ReadProfile = (model: string, catalog: Catalog) => Promise<ModelProfile>;

/** Any name, also of a repository that is asked over the network. */
export const readAnywhere: ReadProfile = (model, catalog) => readModel(model, { catalog });

/** A file of this machine, or a name of the catalogue: nothing is asked of a network. */
export const readOnDevice: ReadProfile = async (model, catalog) => {
  if (!/\.gguf$/iu.test(model)) return modelFromEntry(findModel(model, catalog.models));
  const { readModelFile } = await import("@qwq-fit/models/node");
  return readModelFile(model);
};

/** What this machine would run for the model, or what it lacks. @throws {QwqError} as `readModel` does. */
export async function planHere(model: string, read: ReadProfile): Promise<FitAnswer> {
  const catalog = await loadCatalog();
  const [hardware, profile, coefficients] = await Promise.all([
    probeHardware({ catalog }),
    read(model, catalog),
    loadSpeedCoefficients(),
  ]);
  const { electricityUsdPerKwh } = catalog;
  return planFit(profile, hardware, DEFAULT_WORKLOAD, { coefficients, electricityUsdPerKwh });
}
