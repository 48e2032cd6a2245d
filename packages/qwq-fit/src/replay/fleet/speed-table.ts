import { buildSpeedInput, estimateSpeed, type SpeedCoefficients } from "@qwq-fit/planner";
import type {
  Estimate,
  FitPlan,
  HardwareProfile,
  LocalMeasurement,
  ModelProfile,
  WeightsVariant,
} from "@qwq-fit/schema";

/** How fast a plan runs, as the simulation needs it. All expected values; ranges stand beside. */
export interface SpeedTable {
  /** Ms of a step with so many sequences and an empty cache; index 0 is one sequence. */
  readonly stepMs: Float64Array;
  /** Ms that each token in the cache of a sequence adds to a step. */
  readonly msPerCachedToken: number;
  /** Ms that a step costs in which nothing is read or written: the weights. 0 where it is within the others. */
  readonly fixedMs: number;
  /** Ms of reading so many tokens behind so many others, without `fixedMs`. */
  readonly prefillMs: (tokens: number, cached: number) => number;
  readonly decodeTokensPerSecond: Estimate;
  readonly prefillTokensPerSecond: Estimate;
}

/** The middle request of a trace: speeds are estimated at its sizes. */
export interface MiddleSizes {
  readonly promptTokens: number;
  readonly outputTokens: number;
}

export interface SpeedSource {
  readonly model: ModelProfile;
  readonly variant: WeightsVariant;
  readonly plan: FitPlan;
  readonly hardware: HardwareProfile;
  readonly coefficients: SpeedCoefficients;
  /** Measurements of this plan on this very machine, by how many sequences ran. */
  readonly measured: ReadonlyMap<number, LocalMeasurement>;
}

/** Steps are estimated at these numbers of sequences and taken as straight between. */
const CONCURRENCIES = [1, 2, 4, 8, 16, 32, 64, 128, 256] as const;

/** Tokens of the prompt that a rehearsal reads (packages/engine/src/rehearsal/rehearse.ts, DEFAULT_MEASURE). */
const REHEARSED_TOKENS = 256;

interface Point {
  readonly concurrency: number;
  readonly emptyMs: number;
  readonly msPerCachedToken: number;
}

function stepPoints(source: SpeedSource, sizes: MiddleSizes, slots: number): Point[] {
  const { plan, model, variant, hardware, coefficients, measured } = source;
  const depth = Math.max(256, sizes.promptTokens + sizes.outputTokens / 2);
  const at = (concurrency: number, tokens: number): number => {
    const workload = {
      promptTokens: tokens,
      reasoningTokens: 0,
      answerTokens: 1,
      contextTokens: plan.contextTokens,
      concurrency,
    };
    const input = buildSpeedInput(model, variant, plan, hardware, plan.placement, workload);
    const speed = estimateSpeed({ ...input, measurement: null }, coefficients);
    return 1000 / speed.decodeTokensPerSecond.expected;
  };
  const asked = CONCURRENCIES.filter((count) => count < slots);
  // What is measured at one number of sequences corrects what is predicted at the others.
  const [known] = [...measured].toSorted(([one], [other]) => one - other);
  const right = known === undefined ? 1 : known[1].decodeMsPerToken / at(known[0], 1);
  return [...asked, slots].map((concurrency): Point => {
    const row = measured.get(concurrency);
    if (row !== undefined) {
      // A rehearsal's second depth was reached by all sequences at once.
      const { decodeMsPerToken: emptyMs, decodeMsPerCachedToken } = row;
      return { concurrency, emptyMs, msPerCachedToken: decodeMsPerCachedToken / concurrency };
    }
    const emptyMs = right * at(concurrency, 1);
    const deepMs = right * at(concurrency, depth);
    return {
      concurrency,
      emptyMs,
      msPerCachedToken: Math.max(0, deepMs - emptyMs) / (depth * concurrency),
    };
  });
}

/** Values at 1, 2, … `slots`, straight between the points. */
function straight(points: readonly Point[], slots: number): Float64Array {
  return Float64Array.from({ length: slots }, (_, i) => {
    const count = i + 1;
    const above = points.find((point) => point.concurrency >= count) ?? points.at(-1);
    const below = points.findLast((point) => point.concurrency <= count) ?? points[0];
    if (above === undefined || below === undefined) return Number.NaN;
    if (above.concurrency === below.concurrency) return above.emptyMs;
    const part = (count - below.concurrency) / (above.concurrency - below.concurrency);
    return below.emptyMs + part * (above.emptyMs - below.emptyMs);
  });
}

/** The speeds of a plan at the sizes of a trace's middle request. */
export function speedTable(source: SpeedSource, sizes: MiddleSizes, slots: number): SpeedTable {
  const { plan, model, variant, hardware, coefficients, measured } = source;
  const points = stepPoints(source, sizes, slots);
  const row = measured.get(1) ?? measured.get(slots);
  const workloadOf = (promptTokens: number): Parameters<typeof buildSpeedInput>[5] => ({
    promptTokens,
    reasoningTokens: 0,
    answerTokens: Math.max(1, sizes.outputTokens),
    contextTokens: plan.contextTokens,
    concurrency: 1,
  });
  const speedAt = (promptTokens: number): ReturnType<typeof estimateSpeed> => {
    const workload = workloadOf(promptTokens);
    const input = buildSpeedInput(model, variant, plan, hardware, plan.placement, workload);
    return estimateSpeed({ ...input, measurement: row ?? null }, coefficients);
  };
  const short = Math.max(64, sizes.promptTokens);
  const readMs = (tokens: number): number =>
    (1000 * tokens) / speedAt(tokens).prefillTokensPerSecond.expected;
  // Reading costs a·n + b·n²: a token's own work, and attention to all before it.
  const one = readMs(short);
  const two = readMs(short * 2);
  const b = Math.max(0, (two - 2 * one) / (2 * short * short));
  const a = one / short - b * short;
  const middle = speedAt(short);
  const deepest = points.at(-1);
  const stepMs = straight(points, slots);
  const [aloneMs = 0] = stepMs;
  const steps = { stepMs, msPerCachedToken: deepest?.msPerCachedToken ?? 0 };
  const onCpu = plan.placement.every(({ device }) => device === "host");
  // On a CPU a batch of n tokens takes fixed + n × each, and attention to all tokens before, as in decoding; one token
  // of it is a step of decoding.
  if (onCpu && row !== undefined) {
    const readingMs = (1000 * REHEARSED_TOKENS) / row.prefillTokensPerSecond;
    const pairMs = Math.min(points[0]?.msPerCachedToken ?? 0, readingMs / REHEARSED_TOKENS ** 2);
    const eachMs =
      (readingMs - aloneMs - (pairMs * REHEARSED_TOKENS ** 2) / 2) / (REHEARSED_TOKENS - 1);
    if (eachMs > 0 && eachMs < aloneMs) {
      return {
        ...steps,
        fixedMs: aloneMs - eachMs,
        prefillMs: (tokens, cached) => eachMs * tokens + pairMs * tokens * (tokens / 2 + cached),
        decodeTokensPerSecond: middle.decodeTokensPerSecond,
        prefillTokensPerSecond: middle.prefillTokensPerSecond,
      };
    }
  }
  return {
    ...steps,
    fixedMs: 0,
    // Where weights are read while others compute, a prompt takes at least one step.
    prefillMs: (tokens, cached) =>
      Math.max(aloneMs, a * tokens + b * tokens * (tokens + 2 * cached)),
    decodeTokensPerSecond: middle.decodeTokensPerSecond,
    prefillTokensPerSecond: middle.prefillTokensPerSecond,
  };
}
