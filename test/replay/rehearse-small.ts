import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type EngineSettings, rehearse, type RehearsalResult } from "@qwq-fit/engine";
import type { FitPlan, LocalMeasurement, ModelEntry } from "@qwq-fit/schema";

const root = join(import.meta.dirname, "..", "..");
const resolved = createRequire(join(root, "packages", "engine", "package.json"));
const engine = {
  bindingFolder: dirname(dirname(resolved.resolve("node-llama-cpp"))),
  engineVersion: "3.22.1",
};
export const QUANTIZATION = "Q4_K_M";

/** Qwen3-0.6B made small: a true layout that answers in ms, so that 500 requests take a minute. */
export function smallEntry(): ModelEntry {
  const file = join(root, "profiles", "models", "Qwen", "Qwen3-0.6B.json");
  const entry = JSON.parse(readFileSync(file, "utf8")) as ModelEntry;
  return {
    ...entry,
    vocabularySize: 8192,
    hyperparameters: {
      ...entry.hyperparameters,
      block_count: 4,
      embedding_length: 512,
      feed_forward_length: 1536,
      "attention.head_count": 8,
      "attention.head_count_kv": 4,
    },
  };
}

/** The value below which a share `q` lies (nearest rank). */
export const quantile = (list: readonly number[], q: number): number => {
  const sorted = list.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
};

/** Adds what is missing of the speeds with 1, 2, 4 … sequences, as `qwq-fit rehearse --concurrency N` keeps them. */
export async function rehearsedSpeeds(
  entry: ModelEntry,
  plan: FitPlan,
  settings: EngineSettings,
  rehearsals: number,
  rows: Map<number, LocalMeasurement>,
): Promise<void> {
  for (let sequences = 1; sequences <= settings.sequences; sequences *= 2) {
    if (rows.has(sequences)) continue;
    const own = { ...settings, sequences };
    const tries: RehearsalResult[] = [];
    // So small a model is read in a tenth of a second: one rehearsal of it tells the noise of the moment.
    for (let round = 0; round < rehearsals; round++) {
      tries.push(
        await rehearse({
          entry,
          quantization: QUANTIZATION,
          settings: own,
          engine,
          concurrency: sequences,
        }),
      );
    }
    const middle = (value: (one: RehearsalResult) => number): number =>
      quantile(tries.map(value), 0.5);
    rows.set(sequences, {
      schemaVersion: 1,
      method: "rehearsed",
      model: plan.model,
      quantization: plan.quantization,
      engine: plan.engine,
      engineVersion: plan.engineVersion,
      backend: plan.backend,
      driver: null,
      machine: "this",
      settings: own,
      decodeMsPerToken: middle((got) => got.decodeMsPerToken),
      decodeMsPerCachedToken: middle((got) => got.decodeMsPerCachedToken),
      prefillTokensPerSecond: middle((got) => got.prefillTokensPerSecond),
      relativeError: middle((got) => got.relativeError),
      takenAt: "now",
    });
  }
}
