import { planFit } from "@qwq-fit/planner";
import type { PlanOptions } from "@qwq-fit/planner";
import { DEFAULT_USABLE_TOKENS_PER_SECOND } from "@qwq-fit/schema";
import type {
  Catalog,
  CheckReport,
  FitPlan,
  HardwareProfile,
  ModelProfile,
  Workload,
} from "@qwq-fit/schema";
import type { FoundModel } from "../model/read-model.ts";
import { cloudOffers } from "./cloud-offers.ts";
import { recommend } from "./recommend.ts";
import { findRelative } from "./relative-model.ts";

/** The model without its tensors, which no reader of a report wants. */
function withoutTensors(model: ModelProfile): ModelProfile {
  return { ...model, weights: model.weights.map((variant) => ({ ...variant, tensors: [] })) };
}

const withoutExplanations = (plan: FitPlan): FitPlan => ({ ...plan, explanations: [] });

/** What {@link createCheckReport} is made of. */
export interface CheckInput {
  readonly hardware: HardwareProfile;
  readonly model: FoundModel;
  readonly workload: Workload;
  readonly catalog: Catalog;
  readonly options: PlanOptions;
  /** Keep every number's derivation in the plans. */
  readonly explain: boolean;
}

/** The answer of `check` as a value: plans, what to do where there is none, the clouds, and the advice. */
export function createCheckReport(input: CheckInput): CheckReport {
  const { hardware, workload, catalog, options, explain } = input;
  const { profile, entry } = input.model;
  const answer = planFit(profile, hardware, workload, options);
  const keep = explain ? (plan: FitPlan): FitPlan => plan : withoutExplanations;
  const relative =
    answer.usable || entry === null
      ? null
      : findRelative(profile, hardware, workload, catalog.models, options);
  const cloud = cloudOffers(profile, entry, workload, catalog.tokenPrices);
  const usableSpeed = options.usableTokensPerSecond ?? DEFAULT_USABLE_TOKENS_PER_SECOND;
  return {
    schemaVersion: 1,
    hardware,
    model: withoutTensors(profile),
    workload,
    fits: answer.fits,
    usable: answer.usable,
    choice: answer.choice === null ? null : keep(answer.choice),
    plans: answer.plans.map(keep),
    shortfall: answer.shortfall,
    relative,
    cloud,
    recommendation: recommend(answer.choice, cloud, workload, usableSpeed),
  };
}
