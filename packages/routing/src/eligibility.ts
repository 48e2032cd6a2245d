import type {
  NodeSnapshot,
  Policy,
  PrivacyClass,
  RejectReason,
  RequestShape,
} from "@qwq-fit/schema";
import { needBits, type Offer, PRIVACY_ORDER } from "./beliefs.ts";

/** Whether text under `policy` may go to a node of this class and region. Fails closed. */
export function privacyAllows(
  policy: Policy,
  privacy: PrivacyClass,
  region: string | null,
): "yes" | "privacy" | "region" {
  const asked = PRIVACY_ORDER[policy.privacy];
  const offered = PRIVACY_ORDER[privacy];
  // An unknown word on either side is undefined here, and no comparison with it is true.
  if (!(offered <= asked)) return "privacy";
  if (policy.privacy === "region" && privacy === "region") {
    return region !== null && policy.regions.includes(region) ? "yes" : "region";
  }
  return "yes";
}

/** What the filters ask of every node, computed once a request. */
export interface Demand {
  readonly privacyOrder: number;
  /** Regions to keep to, or null where the policy does not ask for a region. */
  readonly regions: readonly string[] | null;
  readonly needBits: number;
  /**
   * Prompt and output together, and the caller's cap on output (0 where there is none). How long an answer without a
   * cap will be is a guess, and no reason to refuse: room for a token is asked for then.
   */
  readonly totalTokens: number;
  readonly outputCapTokens: number;
}

/** The request and its policy as the filters read them. */
export function demandOf(shape: RequestShape, policy: Policy): Demand {
  const cap = shape.maxOutputTokens;
  return {
    privacyOrder: PRIVACY_ORDER[policy.privacy] ?? -1,
    regions: policy.privacy === "region" ? policy.regions : null,
    needBits: needBits(shape.needs),
    totalTokens: shape.promptTokens + (cap === null ? 1 : Math.min(shape.outputTokens, cap)),
    outputCapTokens: cap ?? 0,
  };
}

/** The hard filters, cheapest first: null where the node may serve the request, else the reason. */
export function rejectReason(
  snapshot: NodeSnapshot,
  offer: Offer,
  demand: Demand,
): RejectReason | null {
  const order = offer.privacyOrder;
  if (order === undefined || !(order <= demand.privacyOrder)) return "privacy";
  if (demand.regions !== null && order === PRIVACY_ORDER.region) {
    if (offer.region === null || !demand.regions.includes(offer.region)) return "region";
  }
  if ((offer.capabilityBits & demand.needBits) !== demand.needBits) return "capability";
  if (demand.totalTokens > offer.contextTokens) return "context_too_long";
  if (demand.outputCapTokens > offer.maxOutputTokens) return "context_too_long";
  const { state } = snapshot;
  if (state === "down" || state === "loading") return state;
  // One request at a time tries a node whose breaker is half open.
  const { breaker } = snapshot;
  if (breaker === "open" || (breaker === "half-open" && snapshot.inFlight > 0)) {
    return "breaker_open";
  }
  if (snapshot.retryAfterMs > 0 || state === "saturated") return "saturated";
  return null;
}

/** The reason in words for people and `explain`; holds no secret and no text of the request. */
export function rejectDetail(
  reason: RejectReason,
  snapshot: NodeSnapshot,
  offer: Offer | null,
  shape: RequestShape,
  policy: Policy,
): string {
  const { node } = snapshot;
  const model = offer?.model ?? null;
  switch (reason) {
    case "model_not_served":
      return `serves ${node.models.map((m) => m.id).join(", ") || "nothing"}, not ${shape.model}`;
    case "context_too_long":
      return `takes ${model?.contextTokens ?? "?"} tokens, ${model?.maxOutputTokens ?? "?"} of output; asked: ${shape.promptTokens} + ${shape.maxOutputTokens ?? shape.outputTokens}`;
    case "privacy":
      return `is ${node.privacy}; allowed is ${policy.privacy}`;
    case "region":
      return `is in ${node.region}; allowed is ${policy.regions.join(", ")}`;
    case "capability":
      return `lacks ${shape.needs.filter((need) => !node.capabilities[need]).join(", ")}`;
    case "down":
      return `was down ${Math.round(snapshot.ageMs / 1000)} s ago`;
    case "loading":
      return "is loading";
    case "breaker_open":
    case "saturated":
      return `again in ${Math.ceil(snapshot.retryAfterMs / 1000)} s`;
    case "too_expensive":
    case "too_slow":
    case "deadline":
      return `over a limit: ${JSON.stringify(policy.limits)}`;
  }
}
