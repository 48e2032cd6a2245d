import { planFit, resolveHardware } from "@qwq-fit/planner";
import type { PlanOptions } from "@qwq-fit/planner";
import type {
  Catalog,
  Estimate,
  FitPlan,
  InstancePrice,
  ModelProfile,
  SagemakerContainer,
  SagemakerOffer,
  Workload,
} from "@qwq-fit/schema";

/** AWS counts a month as 730 hours. */
export const HOURS_A_MONTH = 730;
const SECONDS_AN_HOUR = 3600;
const MILLION = 1_000_000;

/** The engine inside each container. */
const ENGINES = { vllm: "vllm", lmi: "vllm", sglang: "sglang" } as const;

/** What {@link sagemakerOffers} is made of. */
export interface OfferInput {
  readonly model: ModelProfile;
  readonly workload: Workload;
  readonly catalog: Catalog;
  readonly container: SagemakerContainer;
  readonly options: PlanOptions;
}

const scaled = (estimate: Estimate, by: number): Estimate => ({
  ...estimate,
  low: estimate.low * by,
  expected: estimate.expected * by,
  high: estimate.high * by,
});

/** `USD an hour × 1e6 ÷ (3600 × tokens a second)`: what is slow is dear, so the range turns round. */
function pricePerMillion(usdPerHour: number, tokensPerSecond: Estimate, source: string): Estimate {
  const at = (speed: number): number => (usdPerHour * MILLION) / (SECONDS_AN_HOUR * speed);
  return {
    ...tokensPerSecond,
    low: at(tokensPerSecond.high),
    expected: at(tokensPerSecond.expected),
    high: at(tokensPerSecond.low),
    sources: [...tokensPerSecond.sources, source],
  };
}

function offerOf(price: InstancePrice, input: OfferInput): SagemakerOffer {
  const { model, workload, catalog, container, options } = input;
  const found = resolveHardware(price.instance, catalog);
  const answer =
    found.kind === "resolved"
      ? planFit(model, found.hardware, workload, {
          ...options,
          engines: [ENGINES[container]],
          onlyAskedContext: true,
        })
      : null;
  const plan: FitPlan | null =
    answer?.choice == null ? null : { ...answer.choice, explanations: [] };
  const tokensPerSecond = plan === null ? null : scaled(plan.decodeTokensPerSecond, plan.sequences);
  return {
    instance: price.instance,
    accelerator: price.accelerator,
    acceleratorCount: price.acceleratorCount,
    acceleratorMemoryBytes: price.acceleratorMemoryBytes,
    fits: answer?.fits ?? false,
    usable: answer?.usable ?? false,
    plan,
    shortfall: answer?.shortfall ?? null,
    usdPerHour: { value: price.usdPerHour, source: price.source, unverified: price.unverified },
    usdPerMonth: price.usdPerHour * HOURS_A_MONTH,
    tokensPerSecond,
    usdPerMillionTokens:
      tokensPerSecond === null
        ? null
        : pricePerMillion(price.usdPerHour, tokensPerSecond, price.source),
  };
}

const rank = ({ fits, usable }: SagemakerOffer): number => (usable ? 0 : fits ? 1 : 2);

/**
 * Every `ml.*` instance whose price is known, held against the workload: weights and the KV cache of all its sequences,
 * speed and price. What serves it comes first, cheapest hour first; what does not fit comes last, with the reason.
 */
export function sagemakerOffers(input: OfferInput): SagemakerOffer[] {
  return input.catalog.instancePrices
    .filter(({ instance, acceleratorCount }) => instance.startsWith("ml.") && acceleratorCount > 0)
    .map((price) => offerOf(price, input))
    .toSorted((a, b) => rank(a) - rank(b) || a.usdPerHour.value - b.usdPerHour.value);
}
