import { totalKld } from "../quality/quality-loss.ts";
import type { SpeedEstimate } from "../speed/speed-types.ts";
import type { Candidate } from "./candidate.ts";
import { type Merits, covers } from "./pareto.ts";
import type { Problem } from "./problem.ts";
import { scorePlan } from "./score.ts";
import { findLeads, type Lead, type Where } from "./search.ts";
import { rankingSpeed, speedOf } from "./speed-of.ts";
import { usableLimit } from "./usable.ts";

/** A candidate that fits, with its speed. */
export interface RankedCandidate {
  readonly candidate: Candidate;
  readonly speed: SpeedEstimate;
}

interface Weighed extends RankedCandidate {
  readonly merits: Merits;
  readonly score: number;
}

/** In nearly every repository of GGUF files (Qwen/QwQ-32B-GGUF: these and Q4_0, Q5_0), or the model's own format. */
const commonFiles: ReadonlySet<string> = new Set([
  "Q2_K",
  "Q3_K_M",
  "Q4_K_M",
  "Q5_K_M",
  "Q6_K",
  "Q8_0",
  "F16",
  "BF16",
  "FP8",
  "AWQ-4bit",
  "MLX-4bit",
  "MLX-8bit",
]);

function weigh(problem: Problem, candidate: Candidate): Weighed {
  const { model, workload, options } = problem;
  const speed = speedOf(problem, candidate);
  const { quantization } = candidate.variant;
  const merits = {
    kld: totalKld(candidate.variant, candidate.kvCacheType, model.parameters),
    tokensPerSecond: rankingSpeed(problem, candidate, speed),
    contextTokens: candidate.contextTokens,
    ownEngine: candidate.row.engine === "node-llama-cpp",
    measured: speed.decodeTokensPerSecond.method !== "predicted",
  };
  const score = scorePlan(
    {
      ...merits,
      // where several machines are named, what can join them is what was asked for
      installed:
        candidate.hosts > 1 ||
        problem.hardware.engines.some(({ engine }) => engine === candidate.row.engine),
      common: candidate.variant.sizeSource === "read" || commonFiles.has(quantization),
      unverified: candidate.support.status === "unverified",
      askedContext: workload.contextTokens,
      nativeContext: model.contextTokens,
    },
    options.optimize ?? "balanced",
    usableLimit(problem),
  );
  return { candidate, speed, merits, score };
}

/** Plans that anybody looks at; each more costs the exact rules once. */
const mostPlans = 16;

/**
 * The front among leads: best first, each held to the engine's exact rules only when nothing kept so
 * far covers it. What turns out not to fit makes room for what it covered.
 */
function frontOf(problem: Problem, leads: readonly Lead[]): readonly Weighed[] {
  const queue = leads
    .map((lead) => ({ lead, weighed: weigh(problem, lead.proposal) }))
    .toSorted((a, b) => b.weighed.score - a.weighed.score);
  const kept: Weighed[] = [];
  const asked = problem.workload.contextTokens;
  for (const { lead, weighed } of queue) {
    if (kept.length === mostPlans) break;
    if (kept.some(({ merits }) => covers(merits, weighed.merits, asked))) continue;
    const candidate = lead.verify();
    if (candidate === null) continue;
    const exact = weigh(problem, candidate);
    if (!kept.some(({ merits }) => covers(merits, exact.merits, asked))) kept.push(exact);
  }
  return kept.toSorted((a, b) => b.score - a.score);
}

/** Divergence from which a file is only worth naming where nothing better fits: 2-bit IQ mixes and below. */
const worstUseful = 0.4;

/** The front without files that are hurt severely, unless these are all that fits. */
function soundFront(problem: Problem, leads: readonly Lead[]): readonly Weighed[] {
  const { parameters } = problem.model;
  const sound = leads.filter(
    ({ proposal }) => totalKld(proposal.variant, proposal.kvCacheType, parameters) < worstUseful,
  );
  const front = frontOf(problem, sound);
  return front.length > 0 || sound.length === leads.length ? front : frontOf(problem, leads);
}

/** Where to look, one after the other until something fits. */
const places: readonly Where[] = [
  { on: "devices", anyEngine: false },
  { on: "devices", anyEngine: true },
  { on: "cpu", anyEngine: false },
  { on: "cpu", anyEngine: true },
];

/** The ways to run the model that are worth knowing, best first; the CPU alone where no device serves. */
export function rankCandidates(problem: Problem): readonly RankedCandidate[] {
  for (const place of places) {
    const front = soundFront(problem, findLeads(problem, place));
    if (front.length > 0) return front;
  }
  return [];
}
