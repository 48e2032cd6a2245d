import { engineClass } from "../../packages/planner/src/speed/chip-of.ts";
import { groupings, type Judged, type Judgement, unresolvedIn } from "./judge.ts";
import { bytesPerToken } from "./bytes-per-token.ts";
import type { Phase } from "./samples.ts";

export interface Errors {
  readonly rows: number;
  readonly medianAbsoluteError: number | null;
  readonly p90AbsoluteError: number | null;
}

export interface PhaseSummary extends Errors {
  /** Share of rows within the range that was told. */
  readonly withinRange: number | null;
  readonly refused: number;
  readonly unresolved: number;
  /** Errors over all rows, the refused with them. */
  readonly withRefused: Errors;
}

export interface GroupSummary extends Errors {
  readonly phase: Phase;
  readonly level: string;
  readonly name: string;
  readonly withinRange: number | null;
}

export interface Worst {
  readonly id: string | number;
  readonly phase: Phase;
  readonly hardware: string;
  readonly model: string;
  readonly quantization: string;
  readonly engine: string;
  readonly measured: number;
  readonly predicted: number;
  readonly error: number;
  readonly reason: string;
}

/** What the accuracy command prints. */
export interface AccuracySummary {
  readonly schemaVersion: 1;
  readonly decode: PhaseSummary;
  readonly prefill: PhaseSummary;
  /** One constant, 0.55 of the bandwidth, on the same rows; decode alone, for it has no prefill. */
  readonly baseline: Errors;
  /** How far measurements of the same device, model and quantization by different sources differ. */
  readonly noiseFloor: Errors;
  readonly groups: readonly GroupSummary[];
  readonly worst: readonly Worst[];
  readonly refused: readonly { readonly id: string | number; readonly reason: string }[];
  readonly unresolved: readonly { readonly id: string | number; readonly reason: string }[];
}

/** Rounded to four decimals, so that the last bits of a logarithm do not show. */
const rounded = (value: number): number => Math.round(value * 1e4) / 1e4;

/** Linear between the two nearest, as most tools have it. */
export function quantile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)];
  const above = sorted[Math.ceil(at)];
  if (below === undefined || above === undefined) return null;
  return rounded(below + (above - below) * (at - Math.floor(at)));
}

export const errorsOf = (values: readonly number[]): Errors => ({
  rows: values.length,
  medianAbsoluteError: quantile(values, 0.5),
  p90AbsoluteError: quantile(values, 0.9),
});

const withinOf = (judged: readonly Judged[]): number | null =>
  judged.length === 0
    ? null
    : rounded(judged.filter(({ within }) => within).length / judged.length);

const errors = (judged: readonly Judged[]): readonly number[] => judged.map(({ error }) => error);

const phaseSummary = (judgement: Judgement, phase: Phase): PhaseSummary => {
  const all = judgement.judged.filter(({ sample }) => sample.phase === phase);
  const kept = all.filter(({ refused }) => refused === null);
  return {
    ...errorsOf(errors(kept)),
    withinRange: withinOf(kept),
    refused: all.length - kept.length,
    unresolved: unresolvedIn(judgement, phase),
    withRefused: errorsOf(errors(all)),
  };
};

const phases: readonly Phase[] = ["decode", "prefill"];

const groupsOf = (judged: readonly Judged[]): readonly GroupSummary[] => {
  const groups: (readonly [Pick<GroupSummary, "phase" | "level" | "name">, readonly Judged[]])[] =
    [];
  for (const phase of phases) {
    const entries = judged.filter(({ sample }) => sample.phase === phase);
    for (const [level, nameOf] of Object.entries(groupings)) {
      for (const name of [...new Set(entries.map(nameOf))].toSorted()) {
        const group = entries.filter((entry) => nameOf(entry) === name);
        groups.push([{ phase, level, name }, group]);
      }
    }
  }
  return [...groups].map(([key, group]) => ({
    ...key,
    ...errorsOf(errors(group)),
    withinRange: withinOf(group),
  }));
};

/** What is known of a row that may explain its error. */
const reasonOf = ({ sample, refused }: Judged): string => {
  const { row, input } = sample;
  const reasons = [
    refused,
    row.fullyOffloaded ? null : "partly on a CPU that is not named",
    input.devices.some(({ bandwidthBytesPerSecond }) => bandwidthBytesPerSecond === null)
      ? "bandwidth unknown"
      : null,
    row.grade === "C" ? "self-reported or rounded" : null,
    input.workload.concurrency > 1 ? `${input.workload.concurrency} sequences` : null,
    row.note,
  ];
  return reasons.filter((reason) => reason !== null).join("; ") || "no known reason";
};

const worstOf = (judged: readonly Judged[], count: number): readonly Worst[] =>
  judged
    .toSorted((a, b) => b.error - a.error)
    .slice(0, count)
    .map((entry) => ({
      id: entry.sample.row.id,
      phase: entry.sample.phase,
      hardware: `${entry.sample.row.count > 1 ? `${entry.sample.row.count}x ` : ""}${entry.sample.row.hardware}`,
      model: entry.sample.row.model,
      quantization: entry.sample.row.quantization,
      engine: entry.sample.row.engine,
      measured: entry.measured,
      predicted: Number(entry.predicted.toPrecision(4)),
      error: rounded(entry.error),
      reason: reasonOf(entry),
    }));

/** Cached tokens below which the depth hardly moves a decode figure. */
const SHALLOW = 1024;

/** Pairs of rows that should agree: the same weights on the same cards under the same engine, by different sources. */
const noiseOf = (judged: readonly Judged[]): Errors => {
  const decode = judged.filter(
    ({ sample }) => sample.phase === "decode" && sample.run.depth <= SHALLOW,
  );
  const key = ({ sample }: Judged): string => {
    const { input, device, row } = sample;
    const bytes = input.devices.reduce((sum, part) => sum + bytesPerToken(input, part), 0);
    const backend = input.devices.at(-1)?.backend ?? "";
    return [device, row.count, bytes.toPrecision(3), engineClass(input.engine), backend].join("|");
  };
  const differences = decode.flatMap((first, index) =>
    decode
      .slice(index + 1)
      .filter(
        (second) =>
          key(first) === key(second) && first.sample.row.source !== second.sample.row.source,
      )
      .map((second) => Math.abs(second.measured / first.measured - 1)),
  );
  return errorsOf(differences);
};

const WORST = 10;

export function summarize(judgement: Judgement): AccuracySummary {
  const { judged, unresolved } = judgement;
  const kept = judged.filter(({ refused }) => refused === null);
  const baseline = kept.map(({ baselineError }) => baselineError).filter((error) => error !== null);
  const ofPhase = (phase: Phase): readonly Judged[] =>
    kept.filter(({ sample }) => sample.phase === phase);
  return {
    schemaVersion: 1,
    decode: phaseSummary(judgement, "decode"),
    prefill: phaseSummary(judgement, "prefill"),
    baseline: errorsOf(baseline),
    noiseFloor: noiseOf(judged),
    groups: groupsOf(kept),
    worst: [...worstOf(ofPhase("decode"), WORST), ...worstOf(ofPhase("prefill"), WORST)],
    refused: judged
      .filter(({ refused }) => refused !== null)
      .map(({ sample, refused }) => ({ id: sample.row.id, reason: refused ?? "" })),
    unresolved: unresolved.map(({ row, reason }) => ({ id: row.id, reason })),
  };
}
