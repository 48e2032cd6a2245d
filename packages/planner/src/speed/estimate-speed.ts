import type { Estimate } from "@qwq-fit/schema";

import type { SpeedDevice, SpeedEstimate, SpeedInput } from "./speed-types.ts";

/** Fitted coefficients, handed in by whoever holds profiles/. */
export interface SpeedCoefficients {
  readonly schemaVersion: 1;
}

/** Assumed where nothing is fitted: the roofline's share that decode and prefill reach, and wide ranges. */
const fallback = {
  decodeEfficiency: 0.6,
  prefillEfficiency: 0.3,
  /** Operations a byte of bandwidth, where a device's own are not known: a GPU's and a CPU's order. */
  flopsPerByteGpu: 60,
  flopsPerByteCpu: 8,
  gpuBandwidth: 3e11,
  cpuBandwidth: 5e10,
  secondsPerBlock: 5e-6,
  /** The range is expected / spread to expected × spread. */
  decodeSpread: 2,
  prefillSpread: 3,
  coverage: 0.8,
};

const sum = (values: Iterable<number>): number => {
  let total = 0;
  for (const value of values) total += value;
  return total;
};

/** Share of the routed experts that a step touches: each token picks `used` of `count`, at random. */
const touchedShare = (input: SpeedInput, tokens: number): number => {
  const experts = input.model.experts;
  if (experts === null || experts.count === 0) return 0;
  return 1 - (1 - experts.usedPerToken / experts.count) ** tokens;
};

const bandwidthOf = (device: SpeedDevice): number =>
  device.bandwidthBytesPerSecond?.value ??
  (device.kind === "cpu" ? fallback.cpuBandwidth : fallback.gpuBandwidth);

const kvBytesAt = (device: SpeedDevice, depth: number): number =>
  device.kvBytesPerCachedToken * depth +
  sum(
    device.windows.map((window) => window.kvBytesPerToken * Math.min(depth, window.windowTokens)),
  );

/** Seconds of one step that gives every running sequence one token, at a cache of `depth` tokens each. */
const stepSeconds = (input: SpeedInput, depth: number): number => {
  const sequences = Math.max(1, input.workload.concurrency);
  const touched = touchedShare(input, sequences);
  const times = input.devices.map((device) => {
    const bytes =
      sum(Object.values(device.weightBytesByType)) +
      touched * sum(Object.values(device.expertBytesByType)) +
      sequences * (kvBytesAt(device, depth) + 2 * device.stateBytes);
    return (
      bytes / (fallback.decodeEfficiency * bandwidthOf(device)) +
      device.blocks * fallback.secondsPerBlock
    );
  });
  return input.tensorParallel > 1 ? Math.max(0, ...times) : sum(times);
};

/** Seconds of a prompt of `tokens`, from an empty cache. */
const prefillSeconds = (input: SpeedInput, tokens: number): number => {
  const experts = input.model.experts;
  const active = experts === null || experts.count === 0 ? 0 : experts.usedPerToken / experts.count;
  const times = input.devices.map((device) => {
    const flops =
      device.tensorFp16Flops?.value ??
      bandwidthOf(device) *
        (device.kind === "cpu" ? fallback.flopsPerByteCpu : fallback.flopsPerByteGpu);
    const work =
      2 * tokens * (device.weightElements + active * device.expertElements) +
      (device.attentionFlopsPerCachedToken * tokens * tokens) / 2;
    return work / (fallback.prefillEfficiency * flops);
  });
  return input.tensorParallel > 1 ? Math.max(0, ...times) : sum(times);
};

const spreadAround = (expected: number, spread: number, sources: readonly string[]): Estimate => ({
  low: expected / spread,
  expected,
  high: expected * spread,
  coverage: fallback.coverage,
  method: "predicted",
  sources,
});

/**
 * Speed of a plan: decode as bytes read over reached bandwidth, summed over the devices that a token
 * passes, prefill as operations over reached throughput, with the cache term integrated over prompt,
 * thinking and answer. Tokens a second and ms; ranges of 80 % coverage.
 */
export const estimateSpeed = (
  input: SpeedInput,
  _coefficients?: SpeedCoefficients,
): SpeedEstimate => {
  const { promptTokens, reasoningTokens, answerTokens, concurrency } = input.workload;
  const generated = Math.max(1, reasoningTokens + answerTokens);
  const sources = [
    ...new Set(
      input.devices.flatMap((device) =>
        [device.bandwidthBytesPerSecond?.source, device.tensorFp16Flops?.source].filter(
          (source) => source !== undefined,
        ),
      ),
    ),
  ];
  // the cost of a step is linear in depth but for windows, so the mean depth gives the mean step
  const step = stepSeconds(input, promptTokens + generated / 2);
  const prompt = Math.max(prefillSeconds(input, Math.max(1, promptTokens)), stepSeconds(input, 0));
  // prompts that come together wait for one another; the middle one for half of them
  const queue = (Math.max(1, concurrency) + 1) / 2;
  const first = prompt * queue + stepSeconds(input, promptTokens);
  const { decodeSpread, prefillSpread } = fallback;
  return {
    decodeTokensPerSecond: spreadAround(1 / step, decodeSpread, sources),
    prefillTokensPerSecond: spreadAround(
      Math.max(1, promptTokens) / prompt,
      prefillSpread,
      sources,
    ),
    timeToFirstTokenMs: spreadAround(1000 * first, prefillSpread, sources),
    timeToAnswerMs: spreadAround(1000 * (first + generated * step), decodeSpread, sources),
  };
};
