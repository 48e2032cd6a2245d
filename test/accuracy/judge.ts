import { engineClass } from "../../packages/planner/src/speed/chip-of.ts";
import type { SpeedCoefficients } from "../../packages/planner/src/speed/speed-coefficients.ts";
import { totalSeconds } from "../../packages/planner/src/speed/speed-components.ts";
import { logHalfWidth } from "../../packages/planner/src/speed/speed-range.ts";
import type { Catalog, Measurement } from "../../packages/schema/src/index.ts";
import { bytesPerToken } from "./bytes-per-token.ts";
import { forbiddenBy } from "./limits.ts";
import { type Phase, type Sample, samplesOf } from "./samples.ts";

/** One figure beside its prediction. Tokens a second. */
export interface Judged {
  readonly sample: Sample;
  readonly measured: number;
  readonly predicted: number;
  readonly low: number;
  readonly high: number;
  /** |predicted - measured| / measured. */
  readonly error: number;
  readonly within: boolean;
  /** The physical limit that the row passes, or null. */
  readonly refused: string | null;
  /** The same for the one-constant model; null where it has nothing to say. */
  readonly baselineError: number | null;
}

export interface Judgement {
  readonly judged: readonly Judged[];
  readonly unresolved: readonly { readonly row: Measurement; readonly reason: string }[];
}

/** The share of nominal bandwidth that peers take for every device (llmfit's fit.rs, estimate_tps). */
const ONE_CONSTANT = 0.55;

const baselineSeconds = ({ input }: Sample): number | null => {
  const times = input.devices.map((device) =>
    device.bandwidthBytesPerSecond === null
      ? null
      : bytesPerToken(input, device) / (ONE_CONSTANT * device.bandwidthBytesPerSecond.value),
  );
  const known = times.filter((time) => time !== null);
  if (known.length < times.length) return null;
  return input.tensorParallel > 1
    ? Math.max(...known)
    : known.reduce((total, time) => total + time, 0);
};

const judge = (sample: Sample, coefficients: SpeedCoefficients, catalog: Catalog): Judged => {
  const rate =
    sample.phase === "decode"
      ? (sample.row.decodeTokensPerSecond ?? 0)
      : (sample.row.promptTokensPerSecond ?? 0);
  const { measured, components } = sample.observation;
  const ratio = measured / totalSeconds(components, coefficients);
  const width = Math.exp(logHalfWidth(sample.input, coefficients, sample.phase));
  const plain = sample.phase === "decode" ? baselineSeconds(sample) : null;
  const predicted = rate * ratio;
  return {
    sample,
    measured: rate,
    predicted,
    low: predicted / width,
    high: predicted * width,
    error: Math.abs(ratio - 1),
    within: rate >= predicted / width && rate <= predicted * width,
    refused: forbiddenBy(sample, catalog.hardware),
    baselineError: plain === null ? null : Math.abs(measured / plain - 1),
  };
};

/** Every figure of the rows beside what the coefficients foretell. */
export function judgeRows(
  rows: readonly Measurement[],
  catalog: Catalog,
  coefficients: SpeedCoefficients,
): Judgement {
  const { samples, unresolved } = samplesOf(rows, catalog, coefficients.chips);
  return { judged: samples.map((sample) => judge(sample, coefficients, catalog)), unresolved };
}

/** Groups that a table is made over. */
export const groupings: Readonly<Record<string, (judged: Judged) => string>> = {
  vendor: ({ sample }) => sample.vendor,
  family: ({ sample }) => sample.family,
  device: ({ sample }) => sample.device,
  engine: ({ sample }) => engineClass(sample.input.engine),
  backend: ({ sample }) => sample.input.devices.at(-1)?.backend ?? "",
  quantization: ({ sample }) => sample.row.quantization,
};

const hasPhase = (row: Measurement, phase: Phase): boolean =>
  (phase === "decode" ? row.decodeTokensPerSecond : row.promptTokensPerSecond) !== null;

export const unresolvedIn = (judgement: Judgement, phase: Phase): number =>
  judgement.unresolved.filter(({ row }) => hasPhase(row, phase)).length;
