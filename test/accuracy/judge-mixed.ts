import type { ChipGroup } from "../../packages/planner/src/speed/speed-coefficients.ts";
import { logHalfWidth } from "../../packages/planner/src/speed/speed-range.ts";
import { residualOf } from "./cross-validate.ts";
import { fitModel } from "./fit-model.ts";
import { mixedSplit } from "./mixed-splits.ts";
import type { Phase, Sample } from "./samples.ts";
import { errorsOf } from "./summary.ts";

/** Means over splits. */
export interface MixedErrors {
  readonly medianAbsoluteError: number;
  readonly p90AbsoluteError: number;
  readonly withinRange: number;
}

export interface MixedValidation {
  readonly splits: number;
  /** Left-out rows a split, in the mean. */
  readonly rows: Readonly<Record<Phase, number>>;
  readonly parts: Readonly<Record<string, Readonly<Record<Phase, MixedErrors>>>>;
}

interface Outcome {
  readonly phase: Phase;
  readonly measured: boolean;
  readonly error: number;
  readonly within: boolean;
}

const outcomesOf = (
  samples: readonly Sample[],
  chips: Readonly<Record<string, ChipGroup>>,
  seed: number,
): readonly Outcome[] => {
  const { train, ofMeasured, ofOthers } = mixedSplit(samples, seed);
  const { coefficients } = fitModel(train, chips, []);
  const outcome = (sample: Sample, measured: boolean): Outcome => {
    const residual = residualOf(sample, coefficients);
    return {
      phase: sample.phase,
      measured,
      error: Math.abs(Math.exp(-residual) - 1),
      within: Math.abs(residual) <= logHalfWidth(sample.input, coefficients, sample.phase),
    };
  };
  return [
    ...ofMeasured.map((sample) => outcome(sample, true)),
    ...ofOthers.map((sample) => outcome(sample, false)),
  ];
};

const mean = (values: readonly number[]): number =>
  Math.round((values.reduce((sum, value) => sum + value, 0) / values.length) * 1e4) / 1e4;

const errorsIn = (splits: readonly (readonly Outcome[])[]): MixedErrors => {
  const found = splits
    .filter((outcomes) => outcomes.length > 0)
    .map((outcomes) => ({
      ...errorsOf(outcomes.map(({ error }) => error)),
      within: outcomes.filter(({ within }) => within).length / outcomes.length,
    }));
  return {
    medianAbsoluteError: mean(found.map(({ medianAbsoluteError }) => medianAbsoluteError ?? 0)),
    p90AbsoluteError: mean(found.map(({ p90AbsoluteError }) => p90AbsoluteError ?? 0)),
    withinRange: mean(found.map(({ within }) => within)),
  };
};

/**
 * What strangers' rows would say: fits, with their ranges, made without rows of which a third are on devices
 * that the fit never saw, judged on those rows. Nothing is chosen by them.
 */
export function judgeMixed(
  samples: readonly Sample[],
  chips: Readonly<Record<string, ChipGroup>>,
  splits: number,
): MixedValidation {
  const all = Array.from({ length: splits }, (_, seed) => outcomesOf(samples, chips, seed));
  const of = (phase: Phase, keep: (outcome: Outcome) => boolean): MixedErrors =>
    errorsIn(
      all.map((outcomes) => outcomes.filter((entry) => entry.phase === phase && keep(entry))),
    );
  const part = (keep: (outcome: Outcome) => boolean): Readonly<Record<Phase, MixedErrors>> => ({
    decode: of("decode", keep),
    prefill: of("prefill", keep),
  });
  const rows = (phase: Phase): number =>
    mean(all.map((outcomes) => outcomes.filter((entry) => entry.phase === phase).length));
  return {
    splits,
    rows: { decode: rows("decode"), prefill: rows("prefill") },
    parts: {
      "all left-out rows": part(() => true),
      "of devices with other rows": part(({ measured }) => measured),
      "of devices without a row": part(({ measured }) => !measured),
    },
  };
}
