import type {
  ChipGroup,
  SpeedCoefficients,
} from "../../packages/planner/src/speed/speed-coefficients.ts";
import { heaviestChip, runKey } from "../../packages/planner/src/speed/speed-range.ts";
import { rangeTable } from "./conformal.ts";
import { byDevice, byFold, crossValidate, type Held } from "./cross-validate.ts";
import type { Phase, Sample } from "./samples.ts";
import { type Solution, solve } from "./solve.ts";

export const COVERAGE = 0.8;
const FOLDS = 5;

export interface Fitted {
  readonly solution: Solution;
  readonly rowsOut: readonly Held[];
  readonly devicesOut: readonly Held[];
  readonly coefficients: SpeedCoefficients;
}

const significant = (value: number): number => Number(value.toPrecision(6));

/** Terms that move a time by less than one in ten thousand are left out. */
const LEAST_TERM = 1e-4;

const runs = (samples: readonly Sample[], phase: Phase, chips: Chips): readonly string[] => {
  const found = samples
    .filter((sample) => sample.phase === phase)
    .map(({ input }) => runKey(input, heaviestChip(input, chips)));
  return [...new Set(found)].toSorted();
};

type Chips = Readonly<Record<string, ChipGroup>>;

/** The solution, and the ranges from what it misses where a row or a device is left out. */
export function fitModel(
  samples: readonly Sample[],
  chips: Chips,
  sources: readonly string[],
): Fitted {
  const solution = solve(samples.map(({ observation }) => observation));
  const rowsOut = crossValidate(samples, byFold(0, FOLDS), solution);
  const devicesOut = crossValidate(samples, byDevice, solution);
  const terms = Object.entries(solution.terms)
    .filter(([, value]) => Math.abs(value) >= LEAST_TERM)
    .toSorted(([a], [b]) => a.localeCompare(b, "en"))
    .map(([name, value]) => [name, significant(value)] as const);
  const intercepts = Object.entries(solution.intercepts).map(
    ([part, value]) => [part, significant(value)] as const,
  );
  return {
    solution,
    rowsOut,
    devicesOut,
    coefficients: {
      schemaVersion: 1,
      intercepts: { ...solution.intercepts, ...Object.fromEntries(intercepts) },
      terms: Object.fromEntries(terms),
      decodeRanges: rangeTable("decode", rowsOut, devicesOut, COVERAGE),
      prefillRanges: rangeTable("prefill", rowsOut, devicesOut, COVERAGE),
      coverage: COVERAGE,
      measured: {
        decode: runs(samples, "decode", chips),
        prefill: runs(samples, "prefill", chips),
      },
      chips,
      sources,
    },
  };
}
