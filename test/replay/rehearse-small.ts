import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type EngineSettings, rehearse } from "@qwq-fit/engine";
import type { FitPlan, LocalMeasurement, ModelEntry } from "@qwq-fit/schema";
import { measurementOf } from "../../packages/qwq-fit/src/rehearse/measurement.case.ts";

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

/** Speeds with so many sequences, as `qwq-fit rehearse --concurrency N` keeps them. */
export async function rehearsedRow(
  entry: ModelEntry,
  plan: FitPlan,
  settings: EngineSettings,
): Promise<LocalMeasurement> {
  const { sequences } = settings;
  const told = await rehearse({
    entry,
    quantization: QUANTIZATION,
    settings,
    engine,
    concurrency: sequences,
  });
  return {
    ...measurementOf(plan, "this"),
    settings,
    decodeMsPerToken: told.decodeMsPerToken,
    decodeMsPerCachedToken: told.decodeMsPerCachedToken,
    prefillTokensPerSecond: told.prefillTokensPerSecond,
    relativeError: told.relativeError,
  };
}

const meanOf = (list: readonly number[]): number =>
  list.reduce((sum, value) => sum + value, 0) / list.length;

/** Several rehearsals of the same settings as one. */
export function meanRow(rows: readonly LocalMeasurement[]): LocalMeasurement {
  const [first] = rows;
  if (first === undefined) throw new RangeError("no rehearsal");
  return {
    ...first,
    decodeMsPerToken: meanOf(rows.map((row) => row.decodeMsPerToken)),
    decodeMsPerCachedToken: meanOf(rows.map((row) => row.decodeMsPerCachedToken)),
    prefillTokensPerSecond: meanOf(rows.map((row) => row.prefillTokensPerSecond)),
  };
}
