import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { HardwareProfile, LocalMeasurement } from "@qwq-fit/schema";
import { stateDirOf } from "../local/local-places.ts";
import { machineOf } from "./machine.ts";

type Environment = Readonly<Record<string, string | undefined>>;

const fileOf = (environment: Environment): string =>
  join(stateDirOf(environment["QWQ_FIT_STATE_DIR"], environment), "measurements.json");

const NUMBERS = [
  "decodeMsPerToken",
  "decodeMsPerCachedToken",
  "prefillTokensPerSecond",
  "relativeError",
] as const;

/** A row as this version writes it; rows of another version are left alone and not used. */
function isMeasurement(value: unknown): value is LocalMeasurement {
  if (typeof value !== "object" || value === null) return false;
  const field = (name: string): unknown => Reflect.get(value, name);
  return (
    field("schemaVersion") === 1 &&
    typeof field("machine") === "string" &&
    typeof field("model") === "string" &&
    typeof field("settings") === "object" &&
    NUMBERS.every((name) => Number.isFinite(field(name)))
  );
}

/** All measurements that were kept on this machine; none where the file is missing or broken. */
export async function readMeasurements(
  environment: Environment,
): Promise<readonly LocalMeasurement[]> {
  try {
    const value: unknown = JSON.parse(await readFile(fileOf(environment), "utf8"));
    return Array.isArray(value) ? value.filter(isMeasurement) : [];
  } catch {
    return [];
  }
}

/** Those that were taken on this very machine, as it is now. */
export function measurementsOf(
  hardware: HardwareProfile,
  rows: readonly LocalMeasurement[],
): readonly LocalMeasurement[] {
  if (rows.length === 0) return rows;
  const machine = machineOf(hardware);
  return rows.filter((row) => row.machine === machine);
}

/** What makes two rows measurements of the same thing. */
const subjectOf = ({
  machine,
  model,
  quantization,
  engine,
  backend,
  method,
  settings,
}: LocalMeasurement): string =>
  JSON.stringify([machine, model, quantization, engine, backend, method, settings]);

/** Keeps a measurement; an older one of the same thing, or by another engine version, goes. */
export async function keepMeasurement(
  row: LocalMeasurement,
  environment: Environment,
): Promise<string> {
  const file = fileOf(environment);
  const others = (await readMeasurements(environment)).filter(
    (other) =>
      subjectOf(other) !== subjectOf(row) &&
      (other.machine !== row.machine ||
        other.engine !== row.engine ||
        other.engineVersion === row.engineVersion),
  );
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const part = `${file}.${process.pid}.partial`;
  await writeFile(part, `${JSON.stringify([...others, row], null, 2)}\n`, { mode: 0o600 });
  await rename(part, file);
  return file;
}
