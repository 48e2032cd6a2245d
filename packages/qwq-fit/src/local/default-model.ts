import { modelFromEntry } from "@qwq-fit/models";
import { DEFAULT_WORKLOAD, QwqError } from "@qwq-fit/schema";
import { DEFAULT_MODEL, findModel } from "../model/find-model.ts";
import { findRelative } from "../report/relative-model.ts";
import { loadSpeedCoefficients } from "../catalog/load-speed-coefficients.ts";
import type { Machine } from "./bring-model.ts";
import { planLocal } from "./plan-local.ts";
import type { PlanWish } from "./plan-local.ts";
import type { Teller } from "./teller.ts";

/**
 * The model for who names none: QwQ-32B, or where no plan of it fits this machine the nearest of the catalogue that does.
 * QwQ-32B too where nothing fits: its shortfall is told then.
 */
export async function defaultModel(
  machine: Machine,
  wish: PlanWish,
  teller: Teller,
): Promise<string> {
  const { catalog, hardware } = machine;
  const profile = modelFromEntry(findModel(DEFAULT_MODEL, catalog.models));
  try {
    await planLocal(profile, machine, wish);
    return DEFAULT_MODEL;
  } catch (error) {
    if (!QwqError.is(error, "does_not_fit")) throw error;
  }
  const workload = {
    ...DEFAULT_WORKLOAD,
    contextTokens: wish.context ?? DEFAULT_WORKLOAD.contextTokens,
    concurrency: wish.concurrency ?? DEFAULT_WORKLOAD.concurrency,
  };
  const relative = findRelative(profile, hardware, workload, catalog.models, {
    coefficients: await loadSpeedCoefficients(),
    engines: ["node-llama-cpp"],
  });
  if (relative === null) return DEFAULT_MODEL;
  const text = `${profile.name} does not fit this machine; ${relative.id} is the nearest that does.`;
  teller.event("chosen", { model: relative.id, instead: DEFAULT_MODEL }, text);
  return relative.id;
}
