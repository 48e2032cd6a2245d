import type { CloudOffer, FitPlan, Recommendation, Workload } from "@qwq-fit/schema";

const MILLION = 1_000_000;
/** Electricity may cost this many times the cloud's price before "local" is no longer the plain advice. */
const CLEARLY_DEARER = 2;

/** What one answer costs in electricity here, USD; null where the machine's power is not known. */
export function localUsdPerAnswer(plan: FitPlan, workload: Workload): number | null {
  const perMillion = plan.localCostUsdPerMillionTokens;
  if (perMillion === null) return null;
  return (perMillion.expected * (workload.reasoningTokens + workload.answerTokens)) / MILLION;
}

/** A dollar amount in a reason: two significant digits. */
const usd = (value: number): string => `$${Number(value.toPrecision(2))}`;
const speed = (value: number): string => `${Number(value.toPrecision(2))} tokens/s`;

/**
 * Local or cloud for this workload, and why.
 *
 * Not fitting: cloud if one holds the workload, else none. Fitting but slower than the usable speed: cloud if there is
 * one. Usable: local, unless its electricity alone costs clearly more than the cheapest offer; then either.
 */
export function recommend(
  choice: FitPlan | null,
  cloud: readonly CloudOffer[],
  workload: Workload,
  usableTokensPerSecond: number,
): Recommendation {
  const offer = cloud.find(({ holdsWorkload }) => holdsWorkload);
  const offered =
    offer === undefined
      ? "no listed cloud holds this workload"
      : `${offer.provider} answers for ${usd(offer.usdPerAnswer)}`;
  if (choice === null) {
    return {
      target: offer === undefined ? "none" : "cloud",
      reasons: ["it does not fit in this machine's memory", offered],
    };
  }
  const decode = speed(choice.decodeTokensPerSecond.expected);
  if (!choice.usable) {
    return {
      target: offer === undefined ? "local" : "cloud",
      reasons: [`${decode} here is below ${speed(usableTokensPerSecond)}`, offered],
    };
  }
  const local = localUsdPerAnswer(choice, workload);
  const dearer =
    local !== null && offer !== undefined && local > CLEARLY_DEARER * offer.usdPerAnswer;
  const cost = local === null ? [] : [`an answer costs ${usd(local)} of electricity here`];
  return {
    target: dearer ? "either" : "local",
    reasons: [`${decode} here, and nothing leaves this machine`, ...cost, offered],
  };
}
