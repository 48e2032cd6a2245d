import type { NodeSnapshot, Policy, RejectReason, RequestShape } from "@qwq-fit/schema";
import { type Offer, PRIVACY_ORDER } from "./beliefs.ts";
import type { Prediction } from "./predict.ts";

/**
 * What an hour of waiting is worth where an objective weighs time against money, USD. It makes a
 * minute of waiting cost 0.33 USD; a choice of ours, not a measurement.
 */
export const USD_PER_HOUR_OF_WAITING = 20;

/** A node on battery, or reached over a metered network, counts as this much slower. */
const POWER_PENALTY = 1.5;

/** Orders whole classes of nodes before time is looked at; far above any time in seconds. */
const TIER = 1e9;

/** Limits of the policy that a prediction breaks, or null. */
export function limitBroken(
  prediction: Prediction,
  policy: Policy,
  shape: RequestShape,
): RejectReason | null {
  const { limits } = policy;
  if (limits.maxCostUsd !== null && prediction.costUsd > limits.maxCostUsd) return "too_expensive";
  if (
    limits.timeToFirstTokenMs !== null &&
    prediction.timeToFirstTokenMs > limits.timeToFirstTokenMs
  ) {
    return "too_slow";
  }
  if (limits.minTokensPerSecond !== null && shape.outputTokens > 0) {
    const decodeMs = prediction.timeToAnswerMs - prediction.timeToFirstTokenMs;
    const output = Math.min(shape.outputTokens, shape.maxOutputTokens ?? Infinity);
    if ((1000 * output) / Math.max(1e-9, decodeMs) < limits.minTokensPerSecond) return "too_slow";
  }
  if (limits.deadlineMs !== null && prediction.timeToAnswerMs > limits.deadlineMs)
    return "deadline";
  return null;
}

/**
 * The score of a node, lower is better: seconds, or USD made comparable to seconds.
 *
 * The time is first token plus whole answer: the first token counts twice, since a person waits for it
 * with nothing to read. Expected repeats stretch it: a node that fails in a share `e` of cases costs
 * `1 / (1 − e)` tries.
 */
export function score(
  prediction: Prediction,
  snapshot: NodeSnapshot,
  offer: Offer,
  policy: Policy,
): number {
  const { learnt, power } = snapshot;
  const order = offer.privacyOrder ?? PRIVACY_ORDER.any;
  const onDevice = order === PRIVACY_ORDER.device;
  const local = order <= PRIVACY_ORDER["own-network"];
  let seconds = (prediction.timeToFirstTokenMs + prediction.timeToAnswerMs) / 1000;
  seconds /= 1 - Math.min(0.9, learnt.errorRate);
  if (power !== null) {
    if (power.onBattery && onDevice) seconds *= POWER_PENALTY;
    if (power.meteredNetwork && !onDevice) seconds *= POWER_PENALTY;
  }
  switch (policy.objective) {
    case "fastest":
      return seconds;
    case "cheapest":
      // Money decides; among equals, time. A millionth of a USD a second only breaks ties.
      return prediction.costUsd * 1e6 + seconds;
    case "balanced":
      return seconds + (prediction.costUsd / USD_PER_HOUR_OF_WAITING) * 3600;
    case "prefer-local":
      return (onDevice ? 0 : local ? TIER : 2 * TIER) + seconds;
    case "prefer-cloud":
      return (local ? TIER : 0) + seconds;
  }
}
