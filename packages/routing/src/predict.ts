import type { Estimate, NodeSnapshot, RequestShape } from "@qwq-fit/schema";
import { type Offer, speedsAt } from "./beliefs.ts";

/** A prediction as plain numbers: the hot loop makes one for each node and keeps only the best. */
export interface Prediction {
  timeToFirstTokenMs: number;
  timeToAnswerMs: number;
  waitMs: number;
  cachedTokens: number;
  costUsd: number;
  /** Sequences side by side, with ours. */
  concurrency: number;
}

export const outputTokensOf = (shape: RequestShape): number =>
  Math.min(shape.outputTokens, shape.maxOutputTokens ?? Infinity);

/** Tokens of the prompt that this node probably still has in its cache: the longest known prefix. */
function cachedTokens(shape: RequestShape, prefixes: Readonly<Record<string, number>>): number {
  for (const key of shape.prefixKeys) {
    const known = prefixes[key];
    if (known !== undefined) return Math.min(known, Math.max(0, shape.promptTokens - 1));
  }
  return 0;
}

/**
 * Time to first token, time to answer and cost of this request on this node.
 *
 * - Wait: with all slots taken, the requests ahead leave at `slots / service`, so the next slot is free
 *   after `(ahead + 1) × service / slots`, with half a service for the first (it is part done).
 *   Service is taken as this request's own, since the others' sizes are not known.
 * - Prompt tokens that the node says are waiting are read before ours.
 * - First token: overhead + wait + uncached prompt / prefill. Answer: + output / decode at the
 *   concurrency that our arrival makes.
 * - Learnt factors are time ratios, observed over believed.
 */
export function predict(
  snapshot: NodeSnapshot,
  offer: Offer,
  shape: RequestShape,
  outputTokens: number,
  into: Prediction,
): Prediction {
  const { learnt, inFlight } = snapshot;
  const { slots, rates } = offer;
  const ahead = inFlight + snapshot.queued - slots;
  const concurrency = Math.min(slots, inFlight + 1, rates.length / 2);
  const prefill = rates[2 * concurrency - 2] ?? 1;
  const decode = rates[2 * concurrency - 1] ?? 1;
  const cached = snapshot.prefixes === null ? 0 : cachedTokens(shape, snapshot.prefixes);
  const output = outputTokens;

  const msPerPromptToken = (1000 * learnt.prefillFactor) / prefill;
  const prefillMs = (shape.promptTokens - cached) * msPerPromptToken;
  const decodeMs = (1000 * output * learnt.decodeFactor) / decode;
  const queuedPromptMs = (snapshot.queuedPromptTokens ?? 0) * msPerPromptToken;
  const slotWaitMs = ahead < 0 ? 0 : ((ahead + 0.5) * (prefillMs + decodeMs)) / slots;
  const waitMs = slotWaitMs > queuedPromptMs ? slotWaitMs : queuedPromptMs;
  const firstMs = learnt.overheadMs + waitMs + prefillMs;
  into.waitMs = waitMs;
  into.cachedTokens = cached;
  into.concurrency = concurrency;
  into.timeToFirstTokenMs = firstMs;
  into.timeToAnswerMs = firstMs + decodeMs;
  into.costUsd = shape.promptTokens * offer.inputUsdPerToken + output * offer.outputUsdPerToken;
  return into;
}

/** The prediction with its ranges, for the few nodes that are ranked. */
export function toEstimates(
  prediction: Prediction,
  shape: RequestShape,
  snapshot: NodeSnapshot,
  offer: Offer,
): { timeToFirstTokenMs: Estimate; timeToAnswerMs: Estimate } {
  const { cachedTokens: cached, waitMs } = prediction;
  const speeds = speedsAt(offer, prediction.concurrency);
  const { learnt } = snapshot;
  const tokens = 1000 * (shape.promptTokens - cached) * learnt.prefillFactor;
  const output = 1000 * outputTokensOf(shape) * learnt.decodeFactor;
  // The wait is the least certain part: nobody knows how long the others will be.
  const first = (rate: number, wait: number): number => learnt.overheadMs + wait + tokens / rate;
  const ttft = {
    low: first(speeds.prefillHigh, waitMs * 0.5),
    expected: prediction.timeToFirstTokenMs,
    high: first(speeds.prefillLow, waitMs * 2),
  };
  const common = {
    coverage: 0.8,
    method: learnt.samples > 0 ? ("measured" as const) : ("predicted" as const),
    sources: [`${snapshot.node.name}: ${learnt.samples} answers seen`],
  };
  return {
    timeToFirstTokenMs: { ...ttft, ...common },
    timeToAnswerMs: {
      low: ttft.low + output / speeds.decodeHigh,
      expected: prediction.timeToAnswerMs,
      high: ttft.high + output / speeds.decodeLow,
      ...common,
    },
  };
}
