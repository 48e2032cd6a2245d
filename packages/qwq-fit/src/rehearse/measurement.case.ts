import type { FitPlan, LocalMeasurement } from "@qwq-fit/schema";

/** A measurement of a plan as `rehearse` keeps it, for tests. */
export function measurementOf(
  plan: FitPlan,
  machine: string,
  settings: Partial<LocalMeasurement["settings"]> = {},
): LocalMeasurement {
  return {
    schemaVersion: 1,
    method: "rehearsed",
    model: plan.model,
    quantization: plan.quantization,
    engine: plan.engine,
    engineVersion: plan.engineVersion,
    backend: plan.backend,
    driver: null,
    machine,
    settings: {
      threads: plan.threads,
      batchTokens: plan.batchTokens,
      mmap: plan.mmap,
      kvCacheType: plan.kvCacheType,
      flashAttention: plan.flashAttention,
      offloadedLayers: plan.offloadedLayers,
      sequences: plan.sequences,
      ...settings,
    },
    decodeMsPerToken: 20,
    decodeMsPerCachedToken: 0,
    prefillTokensPerSecond: 400,
    relativeError: 0.05,
    takenAt: "2026-11-23T00:00:00.000Z",
  };
}
