import type { LocalMeasurement } from "@qwq-fit/schema";

import { estimateSpeed } from "../speed/estimate-speed.ts";
import { buildSpeedInput } from "../speed/speed-input.ts";
import type { SpeedEstimate, SpeedInput } from "../speed/speed-types.ts";
import type { Candidate } from "./candidate.ts";
import type { Problem } from "./problem.ts";

const methods: readonly LocalMeasurement["method"][] = ["measured", "rehearsed"];

/**
 * The measurement that was taken with exactly these settings, or null; a measured one before a
 * rehearsed one, the newest of each.
 */
export function measurementFor(problem: Problem, candidate: Candidate): LocalMeasurement | null {
  const rows = problem.options.measurements ?? [];
  const alike = rows
    .filter(
      ({ model, quantization, engine, backend, settings }) =>
        model === problem.model.id &&
        quantization === candidate.variant.quantization &&
        engine === candidate.row.engine &&
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

function inputFor(problem: Problem, candidate: Candidate): SpeedInput {
  const { model, hardware, workload, workspace } = problem;
  const { variant, placement } = candidate;
  const key = JSON.stringify([
    model.id,
    workload,
    variant.format,
    variant.quantization,
    variant.tensorBytes,
    candidate.row.engine,
    candidate.support.backend,
    candidate.kvCacheType,
    candidate.flashAttention,
    candidate.batchTokens,
    candidate.tensorParallel,
    placement,
  ]);
  const make = (): SpeedInput =>
    buildSpeedInput(
      model,
      workspace.condensed(variant),
      {
        engine: candidate.row.engine,
        backend: candidate.support.backend,
        kvCacheType: candidate.kvCacheType,
        flashAttention: candidate.flashAttention,
        batchTokens: candidate.batchTokens,
        threads: candidate.threads,
        tensorParallel: candidate.tensorParallel,
      },
      hardware,
      placement,
      workload,
    );
  return workspace.speedInput(hardware, key, make);
}

/** How fast a candidate is for the problem's workload. */
export function speedOf(problem: Problem, candidate: Candidate): SpeedEstimate {
  const measurement = measurementFor(problem, candidate);
  const input = inputFor(problem, candidate);
  return estimateSpeed({ ...input, measurement }, problem.options.coefficients);
}
