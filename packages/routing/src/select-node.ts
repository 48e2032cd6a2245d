import type {
  NodeSnapshot,
  Policy,
  RankedNode,
  RejectedNode,
  RejectReason,
  RequestShape,
  RouteDecision,
} from "@qwq-fit/schema";
import { type Offer, offerAt } from "./beliefs.ts";
import { demandOf, rejectDetail, rejectReason } from "./eligibility.ts";
import { outputTokensOf, predict, type Prediction, toEstimates } from "./predict.ts";
import { limitBroken, score } from "./score.ts";

/** Options of {@link selectNode}. */
export interface SelectOptions {
  /** How many nodes are ranked, best first. @default 8 */
  readonly ranked?: number;
  /** How many rejected nodes are told with their reasons; all are counted. @default 32 */
  readonly rejected?: number;
  /**
   * A number in [0, 1) that differs between deciders which share no state (isolates of an edge router).
   * Among nodes whose scores are within their uncertainty of the best it chooses the first, so that
   * deciders with equally old snapshots do not all run to one node. Leave out where snapshots are live.
   */
  readonly spread?: number;
}

/** Nearest to serving first: which reason is told when every node was rejected. */
const NEAREST: readonly RejectReason[] = [
  "saturated",
  "loading",
  "breaker_open",
  "deadline",
  "too_slow",
  "too_expensive",
  "down",
  "context_too_long",
  "capability",
  "region",
  "privacy",
  "model_not_served",
];

/** So many of {@link NEAREST} pass with time. */
const PASSING = 3;

/** Scores this close to the best, relatively, count as equal when `spread` is given. */
const EQUAL_WITHIN = 0.1;

interface Candidate {
  readonly snapshot: NodeSnapshot;
  readonly offer: Offer;
  readonly score: number;
}

/** Inserts into the short list of the best, kept sorted by score; ties keep the fleet's order. */
function keepBest(best: Candidate[], candidate: Candidate, most: number): void {
  if (best.length === most && candidate.score >= (best[most - 1]?.score ?? Infinity)) return;
  let at = best.length;
  while (at > 0 && candidate.score < (best[at - 1]?.score ?? -Infinity)) at--;
  best.splice(at, 0, candidate);
  if (best.length > most) best.pop();
}

/** Rotates the nodes that count as equal, so that `spread` picks which of them is first. */
function spreadEquals(best: Candidate[], spread: number): void {
  const limit = (best[0]?.score ?? 0) * (1 + EQUAL_WITHIN);
  let equal = 0;
  while (equal < best.length && (best[equal]?.score ?? Infinity) <= limit) equal++;
  const turn = Math.floor(spread * equal);
  if (turn > 0) best.unshift(...best.splice(turn, 1));
}

function rank(candidate: Candidate, shape: RequestShape, scratch: Prediction): RankedNode {
  const { snapshot, offer } = candidate;
  const outputTokens = outputTokensOf(shape);
  predict(snapshot, offer, shape, outputTokens, scratch);
  const reasons: string[] = [
    `first token in ${Math.round(scratch.timeToFirstTokenMs)} ms, answer in ${Math.round(scratch.timeToAnswerMs)} ms expected`,
  ];
  if (scratch.waitMs > 0) {
    reasons.push(
      `${snapshot.inFlight} running and ${snapshot.queued} waiting on ${snapshot.node.slots} slots: ${Math.round(scratch.waitMs)} ms`,
    );
  }
  if (scratch.cachedTokens > 0) reasons.push(`${scratch.cachedTokens} tokens cached`);
  if (snapshot.state === "unknown") reasons.push("state not known");
  if (snapshot.breaker === "half-open") reasons.push("tried again");
  return {
    node: snapshot.node.name,
    score: candidate.score,
    ...toEstimates(scratch, shape, snapshot, offer),
    costUsd: scratch.costUsd,
    reasons,
  };
}

/**
 * Which node serves the request, and why: nodes that pass the hard filters (privacy, model, capability,
 * context, state; fail closed), ranked by the policy's objective on predicted times and cost. The
 * ranked rest are the fallbacks. Pure and total: no clock, no randomness; the same input gives the
 * same answer.
 */
export function selectNode(
  shape: RequestShape,
  snapshots: readonly NodeSnapshot[],
  policy: Policy,
  options: SelectOptions = {},
): RouteDecision {
  const most = options.ranked ?? 8;
  const told = options.rejected ?? 32;
  const scratch: Prediction = {
    timeToFirstTokenMs: 0,
    timeToAnswerMs: 0,
    waitMs: 0,
    cachedTokens: 0,
    costUsd: 0,
    concurrency: 1,
  };
  const best: Candidate[] = [];
  const rejected: RejectedNode[] = [];
  const counts = new Map<RejectReason, number>();
  let retryAfterMs: number | null = null;

  const demand = demandOf(shape, policy);
  const outputTokens = outputTokensOf(shape);
  const limited = Object.values(policy.limits).some((limit) => limit !== null);
  let worst = Infinity;
  let place = 0;
  for (const snapshot of snapshots) {
    const offer = offerAt(place++, snapshot.node, shape.model);
    let reason = offer === null ? "model_not_served" : rejectReason(snapshot, offer, demand);
    if (reason === null && offer !== null) {
      predict(snapshot, offer, shape, outputTokens, scratch);
      if (limited) reason = limitBroken(scratch, policy, shape);
      if (reason === null) {
        const points = score(scratch, snapshot, offer, policy);
        if (points < worst) {
          keepBest(best, { snapshot, offer, score: points }, most);
          if (best.length === most) worst = best[most - 1]?.score ?? Infinity;
        }
        continue;
      }
    }
    if (reason === null) continue;
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
    if (NEAREST.indexOf(reason) < PASSING) {
      retryAfterMs = Math.min(retryAfterMs ?? Infinity, Math.max(1000, snapshot.retryAfterMs));
    }
    if (rejected.length < told) {
      const detail = rejectDetail(reason, snapshot, offer, shape, policy);
      rejected.push({ node: snapshot.node.name, reason, detail });
    }
  }

  if (best.length === 0) {
    const reason = NEAREST.find((one) => counts.has(one)) ?? "no_nodes";
    return { kind: "reject", reason, retryAfterMs, rejected };
  }
  if (options.spread !== undefined) spreadEquals(best, options.spread);
  return { kind: "route", ranked: best.map((one) => rank(one, shape, scratch)), rejected };
}
