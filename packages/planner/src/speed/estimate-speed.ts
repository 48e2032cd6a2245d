import { FALLBACK_COEFFICIENTS } from "./speed-coefficients.ts";
import type { SpeedCoefficients } from "./speed-coefficients.ts";
import { decodeComponents, prefillComponents, totalSeconds } from "./speed-components.ts";
import { factorRange, logHalfWidth } from "./speed-range.ts";
import type { SpeedEstimate, SpeedInput } from "./speed-types.ts";

export type { SpeedCoefficients } from "./speed-coefficients.ts";

/** Seconds of the phases of one exchange, and how wide their ranges are. */
interface Phases {
  readonly method: "measured" | "rehearsed" | "predicted";
  /** The whole prompt of one sequence. */
  readonly prompt: number;
  /** A token at the mean depth of the answer, and the first one. */
  readonly step: number;
  readonly firstStep: number;
  /** The same token at nominal bandwidth: nothing is faster. */
  readonly leastStep: number;
  readonly decodeWidth: number;
  readonly prefillWidth: number;
  readonly sources: readonly string[];
}

const predictedPhases = (input: SpeedInput, coefficients: SpeedCoefficients): Phases => {
  const { promptTokens, reasoningTokens, answerTokens } = input.workload;
  const prompt = Math.max(1, promptTokens);
  // a step's cost is linear in the depth but for windows, so the mean depth gives the mean step
  const meanDepth = promptTokens + Math.max(1, reasoningTokens + answerTokens) / 2;
  const step = (depth: number): number =>
    totalSeconds(decodeComponents(input, depth, coefficients.chips), coefficients);
  const known = input.devices.every((device) => device.bandwidthBytesPerSecond !== null);
  const least = decodeComponents(input, meanDepth, coefficients.chips)
    .filter(({ part }) => part === "weights" || part === "cache")
    .reduce((sum, { reference }) => sum + reference, 0);
  const prefill = totalSeconds(prefillComponents(input, prompt, coefficients.chips), coefficients);
  const figures = input.devices.flatMap((device) => [
    device.bandwidthBytesPerSecond?.source,
    device.tensorFp16Flops?.source,
  ]);
  const sources = [...figures.filter((source) => source !== undefined), ...coefficients.sources];
  return {
    method: "predicted",
    // a prompt takes at least one pass over the weights
    prompt: Math.max(prefill, step(0)),
    step: step(meanDepth),
    firstStep: step(promptTokens),
    leastStep: known ? least : 0,
    decodeWidth: logHalfWidth(input, coefficients, "decode"),
    prefillWidth: logHalfWidth(input, coefficients, "prefill"),
    sources: [...new Set(sources)],
  };
};

const measuredPhases = (input: SpeedInput): Phases | null => {
  const row = input.measurement;
  if (row === null || row.decodeMsPerToken <= 0 || row.prefillTokensPerSecond <= 0) return null;
  const { promptTokens, reasoningTokens, answerTokens } = input.workload;
  const step = (depth: number): number =>
    (row.decodeMsPerToken + row.decodeMsPerCachedToken * depth) / 1000;
  const width = Math.log(1 + Math.max(0, row.relativeError));
  return {
    method: row.method,
    prompt: Math.max(1, promptTokens) / row.prefillTokensPerSecond,
    step: step(promptTokens + Math.max(1, reasoningTokens + answerTokens) / 2),
    firstStep: step(promptTokens),
    leastStep: 0,
    decodeWidth: width,
    prefillWidth: width,
    sources: [`${row.method} on this machine ${row.takenAt}`],
  };
};

/**
 * Speed of a plan, tokens a second and ms, as ranges.
 *
 * Decode: a fixed time a block, and weights and cache over the bandwidth that is reached, summed over the
 * devices that a token passes; the cache at its mean depth over prompt, thinking and answer. Prefill:
 * operations over the throughput that is reached, and attention with the square of the prompt. The shares
 * that are reached are fitted from profiles/measurements; without `coefficients` a plain roofline with
 * wide ranges answers. A measurement or rehearsal in the input stands above both.
 */
export const estimateSpeed = (
  input: SpeedInput,
  coefficients: SpeedCoefficients = FALLBACK_COEFFICIENTS,
): SpeedEstimate => {
  const phases = measuredPhases(input) ?? predictedPhases(input, coefficients);
  const { prompt, step, firstStep, decodeWidth, prefillWidth, method, sources } = phases;
  const generated = Math.max(1, input.workload.reasoningTokens + input.workload.answerTokens);
  // prompts that come together wait for one another; the middle one for half of them
  const queue = (Math.max(1, input.workload.concurrency) + 1) / 2;
  const waiting = prompt * queue;
  const first = waiting + firstStep;
  const answering = generated * step;
  const between = (width: number, part: number): number => (width * part) / (first + answering);
  const answerWidth = between(prefillWidth, waiting) + between(decodeWidth, firstStep + answering);
  const range = (expected: number, width: number): ReturnType<typeof factorRange> =>
    factorRange(expected, width, coefficients.coverage, method, sources);
  const decode = range(1 / step, decodeWidth);
  return {
    decodeTokensPerSecond: { ...decode, high: Math.min(decode.high, 1 / phases.leastStep) },
    prefillTokensPerSecond: range(Math.max(1, input.workload.promptTokens) / prompt, prefillWidth),
    timeToFirstTokenMs: range(1000 * first, prefillWidth),
    timeToAnswerMs: range(1000 * (first + answering), answerWidth),
  };
};
