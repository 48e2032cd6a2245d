import { resolveHardware } from "@qwq-fit/planner";
import type { PlanOptions } from "@qwq-fit/planner";
import { QwqError } from "@qwq-fit/schema";
import type {
  Catalog,
  FitPlan,
  ModelProfile,
  SagemakerOffer,
  SagemakerReport,
  Workload,
} from "@qwq-fit/schema";
import { deploymentOf } from "./deployment.ts";
import type { DeploymentWish } from "./deployment.ts";
import { sagemakerOffers } from "./offers.ts";

/** What {@link createSagemakerReport} is made of. */
export interface SagemakerInput {
  readonly model: ModelProfile;
  readonly workload: Workload;
  readonly catalog: Catalog;
  readonly options: PlanOptions;
  readonly wish: DeploymentWish;
  /** Only this instance type. */
  readonly instance?: string;
}

/** When profiles/prices/instances.json was collected. */
export const PRICES_DATE = "2026-11-23";
/** Where its prices hold. */
const PRICES_REGION = "us-east-1";

const hasPlan = (offer: SagemakerOffer): offer is SagemakerOffer & { readonly plan: FitPlan } =>
  offer.plan !== null;

/**
 * The answer of `plan --target sagemaker`: each instance type, the chosen one (the cheapest hour that serves the workload
 * usably, else that fits), and what would be deployed.
 *
 * @throws {QwqError} `unknown_hardware` for an instance that the catalogue does not know, `invalid_value`.
 */
export function createSagemakerReport(input: SagemakerInput): SagemakerReport {
  const { model, workload, catalog, options, wish, instance } = input;
  const offers = sagemakerOffers({ model, workload, catalog, options, container: wish.container });
  const allowed =
    instance === undefined ? offers : offers.filter((offer) => offer.instance === instance);
  if (allowed.length === 0) {
    throw new QwqError("unknown_hardware", `No instance type is called "${instance ?? ""}"`, {
      hint: `Known are ${offers.map((offer) => offer.instance).join(", ")}.`,
    });
  }
  const chosen = allowed.filter(hasPlan).find(({ fits }) => fits) ?? null;
  return {
    schemaVersion: 1,
    target: "sagemaker",
    model: model.id,
    workload,
    offers,
    choice: chosen?.instance ?? null,
    deployment:
      chosen === null
        ? null
        : deploymentOf(chosen, model, hostMemory(chosen.instance, catalog), wish),
    pricesDate: PRICES_DATE,
    notes: notesOf(model.id, chosen, wish),
  };
}

function hostMemory(instance: string, catalog: Catalog): number {
  const found = resolveHardware(instance, catalog);
  return found.kind === "resolved" ? found.hardware.memory.totalBytes : 0;
}

function notesOf(
  model: string,
  chosen: (SagemakerOffer & { readonly plan: FitPlan }) | null,
  wish: DeploymentWish,
): string[] {
  if (chosen === null) return [];
  const { plan, usdPerHour } = chosen;
  return [
    ...(wish.image === undefined
      ? ["The image's tag could not be looked up here: unverified."]
      : []),
    ...(usdPerHour.unverified === true ? [`The price of ${chosen.instance} is unverified.`] : []),
    ...(wish.region === PRICES_REGION ? [] : [`Prices are those of ${PRICES_REGION}.`]),
    ...(plan.quantization.startsWith("AWQ") && wish.repository === undefined
      ? [
          `Weights are taken from ${model}-AWQ, which is a name by custom; --repository names another.`,
        ]
      : []),
    `The account needs a quota for "${chosen.instance} for endpoint usage"; new accounts have none.`,
    ...plan.notes,
  ];
}
