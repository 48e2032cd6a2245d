import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Measurement } from "../../packages/schema/src/index.ts";

type Raw = Readonly<Record<string, unknown>>;

const isRaw = (value: unknown): value is Raw =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const textOrNull = (value: unknown): string | null =>
  typeof value === "string" && value !== "" ? value : null;
const positive = (value: unknown): number | null =>
  typeof value === "number" && Number.isFinite(value) && value > 0 ? value : null;
const gradeOf = (value: unknown): Measurement["grade"] =>
  value === "A" || value === "B" ? value : "C";

/** A row in our format, or in the collected one (`decode_tps`, `prompt_tps`, …); null where it is neither. */
export function readRow(value: unknown): Measurement | null {
  if (!isRaw(value)) return null;
  const id = value["id"];
  const pick = (ours: string, collected: string): unknown => value[ours] ?? value[collected];
  const row: Measurement = {
    id: typeof id === "number" || typeof id === "string" ? id : "unnamed",
    hardware: text(value["hardware"]),
    count: positive(value["count"]) ?? 1,
    model: text(value["model"]).replaceAll("\u00A0", " "),
    quantization: text(pick("quantization", "quant")),
    engine: text(value["engine"]),
    backend: text(value["backend"]),
    contextTokens: positive(pick("contextTokens", "context_tokens")),
    promptTokensPerSecond: positive(pick("promptTokensPerSecond", "prompt_tps")),
    decodeTokensPerSecond: positive(pick("decodeTokensPerSecond", "decode_tps")),
    metric: text(value["metric"]),
    fullyOffloaded: pick("fullyOffloaded", "fully_offloaded") !== false,
    watts: positive(value["watts"]),
    weightBytesPerToken: positive(pick("weightBytesPerToken", "weight_bytes_per_token")),
    grade: gradeOf(value["grade"]),
    date: textOrNull(value["date"]),
    source: text(value["source"]),
    note: textOrNull(value["note"]),
  };
  const told = row.decodeTokensPerSecond !== null || row.promptTokensPerSecond !== null;
  return row.hardware !== "" && row.model !== "" && told ? row : null;
}

/** The rows of a file: a list, or an object with `rows`. @throws Error where it is neither. */
export function readMeasurementFile(path: string): readonly Measurement[] {
  const value: unknown = JSON.parse(readFileSync(path, "utf8"));
  const list = isRaw(value) ? value["rows"] : value;
  if (!Array.isArray(list)) throw new Error(`${path} holds no list of rows`);
  return list.map(readRow).filter((row) => row !== null);
}

/** All rows of a folder's JSON files, in the order of their names; of a file, its own. */
export function readMeasurements(path: string): readonly Measurement[] {
  if (!statSync(path).isDirectory()) return readMeasurementFile(path);
  return readdirSync(path)
    .filter((name) => name.endsWith(".json"))
    .toSorted()
    .flatMap((name) => readMeasurementFile(join(path, name)));
}
