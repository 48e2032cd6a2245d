import type { LocalMeasurement } from "@qwq-fit/schema";

import { estimateSpeed } from "../speed/estimate-speed.ts";
import { buildSpeedInput } from "../speed/speed-input.ts";
import type { SpeedEstimate, SpeedInput } from "../speed/speed-types.ts";
import type { Candidate } from "./candidate.ts";
import type { Problem } from "./problem.ts";

const methods: readonly LocalMeasurement["method"][] = ["measured", "rehearsed"];

/**
 * The measurement that was taken with exactly these settings by this version of the engine, or null; a
 * measured one before a rehearsed one, the newest of each.
 */
export function measurementFor(problem: Problem, candidate: Candidate): LocalMeasurement | null {
  const rows = problem.options.measurements ?? [];
  const alike = rows
    .filter(
      ({ model, quantization, engine, engineVersion, backend, settings }) =>
        model === problem.model.id &&
        quantization === candidate.variant.quantization &&
        engine === candidate.row.engine &&
        engineVersion === candidate.row.version &&
        backend === candidate.support.backend &&
        settings.threads === candidate.threads &&
        settings.mmap === candidate.mmap &&
        settings.kvCacheType === candidate.kvCacheType &&
        settings.flashAttention === candidate.flashAttention &&
        settings.offloadedLayers === candidate.offloadedLayers &&
        settings.batchTokens === candidate.batchTokens &&
        settings.sequences === candidate.sequences,
    )
    .toSorted((a, b) => b.takenAt.localeCompare(a.takenAt));
  for (const method of methods) {
    const found = alike.find((row) => row.method === method);
    if (found !== undefined) return found;
  }
  return null;
}

/**
 * Decode speed to rank a candidate by, tokens a second: its own, or, where it is only predicted and one
 * was measured that differs in nothing but cache, batch and loading, that one's. Else a prediction that
 * is too high would be chosen before what was measured beside it.
 */
export function rankingSpeed(problem: Problem, candidate: Candidate, speed: SpeedEstimate): number {
  const { expected, method } = speed.decodeTokensPerSecond;
  if (method !== "predicted") return expected;
  const { promptTokens, reasoningTokens, answerTokens } = problem.workload;
  const depth = promptTokens + (reasoningTokens + answerTokens) / 2;
  const like = (problem.options.measurements ?? []).find(
    ({ model, quantization, engine, engineVersion, backend, settings }) =>
      model === problem.model.id &&
      quantization === candidate.variant.quantization &&
      engine === candidate.row.engine &&
      engineVersion === candidate.row.version &&
      backend === candidate.support.backend &&
      settings.threads === candidate.threads &&
      settings.offloadedLayers === candidate.offloadedLayers &&
      settings.sequences === candidate.sequences,
  );
  if (like === undefined) return expected;
  return 1000 / Math.max(1e-6, like.decodeMsPerToken + like.decodeMsPerCachedToken * depth);
}

/** All that a prediction depends on beside the machine; a larger context alone changes nothing. */
const keyOf = ({ model, workload }: Problem, candidate: Candidate): string =>
  JSON.stringify([
    model.id,
    workload,
    candidate.variant.format,
    candidate.variant.quantization,
    candidate.variant.tensorBytes,
    candidate.row.engine,
    candidate.support.backend,
    candidate.kvCacheType,
    candidate.flashAttention,
    candidate.batchTokens,
    candidate.tensorParallel,
    candidate.placement,
  ]);

const inputFor = (problem: Problem, candidate: Candidate): SpeedInput =>
  buildSpeedInput(
    problem.model,
    problem.workspace.condensed(candidate.variant),
    {
      engine: candidate.row.engine,
      backend: candidate.support.backend,
      kvCacheType: candidate.kvCacheType,
      flashAttention: candidate.flashAttention,
      batchTokens: candidate.batchTokens,
      threads: candidate.threads,
      tensorParallel: candidate.tensorParallel,
    },
    problem.hardware,
    candidate.placement,
    problem.workload,
  );

/** How fast a candidate is for the problem's workload. */
export function speedOf(problem: Problem, candidate: Candidate): SpeedEstimate {
  const { hardware, options, workspace } = problem;
  const measurement = measurementFor(problem, candidate);
  const estimate = (): SpeedEstimate =>
    estimateSpeed({ ...inputFor(problem, candidate), measurement }, options.coefficients);
  if (measurement !== null) return estimate();
  return workspace.speed(hardware, keyOf(problem, candidate), estimate);
}
