// Fits the speed model to profiles/measurements and writes profiles/measurements/fit: node test/accuracy/fit.ts
import { writeFileSync } from "node:fs";
import { chipGroups } from "./chips.ts";
import { byFold, crossValidate, type Held, residualOf, sourceOf } from "./cross-validate.ts";
import { coverageOfDeviceRows, coverageOfDevices, coverageOfRows } from "./coverage.ts";
import { COVERAGE, fitModel } from "./fit-model.ts";
import {
  coefficientsFile,
  leftOutFile,
  loadCatalog,
  measurementsFolder,
  residualsFile,
  type Validation,
  validationFile,
} from "./fitted.ts";
import { readMeasurements } from "./measurement-file.ts";
import { judgeMixed } from "./judge-mixed.ts";
import { leftOut, type Phase, type Sample, samplesOf } from "./samples.ts";
import { type Errors, errorsOf } from "./summary.ts";

const SEEDS = [1, 2, 3];
const FOLDS = 3;
/** Splits as rows kept aside would be: enough that their mean holds still. */
const SPLITS = 20;

const errorOf = (residual: number): number => Math.abs(Math.exp(-residual) - 1);

const errorsIn = (held: readonly Held[], phase: Phase): Errors =>
  errorsOf(
    held.filter(({ sample }) => sample.phase === phase).map(({ residual }) => errorOf(residual)),
  );

const byPhase = (held: readonly Held[]): Readonly<Record<Phase, Errors>> => ({
  decode: errorsIn(held, "decode"),
  prefill: errorsIn(held, "prefill"),
});

/** Each device counts once, with the median of its rows. */
const perDevice = (held: readonly Held[], phase: Phase): Errors => {
  const devices = new Set(held.map(({ sample }) => sample.device));
  const medians = [...devices].map(
    (device) =>
      errorsIn(
        held.filter(({ sample }) => sample.device === device),
        phase,
      ).medianAbsoluteError,
  );
  return errorsOf(medians.filter((median) => median !== null));
};

const write = (path: string, value: unknown): void => {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
};

const catalog = loadCatalog();
const chips = chipGroups(catalog.hardware);
const excluded = leftOut(leftOutFile);
const rows = readMeasurements(measurementsFolder).filter(({ id }) => !excluded.has(String(id)));
const { samples } = samplesOf(rows, catalog, chips);
const fitted = fitModel(samples, chips, ["profiles/measurements"]);
const { solution } = fitted;
const inSample = samples.map((sample) => ({
  sample,
  residual: residualOf(sample, fitted.coefficients),
}));
const sourcesOut = crossValidate(samples, sourceOf, solution);
const random = SEEDS.flatMap((seed) => crossValidate(samples, byFold(seed, FOLDS), solution));
const residualIn = (held: readonly Held[], sample: Sample): number => {
  const found = held.find((entry) => entry.sample === sample);
  return Math.round((found?.residual ?? 0) * 1e4) / 1e4;
};
write(coefficientsFile, fitted.coefficients);
const within = (
  coverageIn: (phase: Phase, held: readonly Held[], coverage: number) => number | null,
  held: readonly Held[],
): Readonly<Record<Phase, number | null>> => ({
  decode: coverageIn("decode", held, COVERAGE),
  prefill: coverageIn("prefill", held, COVERAGE),
});
const validation: Validation = {
  rows: rows.length,
  withinRange: {
    "a row of a measured device": within(coverageOfRows, fitted.rowsOut),
    "a row of a device that was never measured": within(coverageOfDeviceRows, fitted.devicesOut),
    "the same, each device once": within(coverageOfDevices, fitted.devicesOut),
  },
  schemes: {
    "rows that were fitted": byPhase(inSample),
    "a random third left out": byPhase(random),
    "the device left out": byPhase(fitted.devicesOut),
    "the device left out, each device once": {
      decode: perDevice(fitted.devicesOut, "decode"),
      prefill: perDevice(fitted.devicesOut, "prefill"),
    },
    "the source left out": byPhase(sourcesOut),
  },
  mixed: judgeMixed(samples, chips, SPLITS),
};
write(validationFile, validation);
write(
  residualsFile,
  samples.map((sample) => ({
    id: sample.row.id,
    phase: sample.phase,
    device: sample.device,
    fitted: residualIn(inSample, sample),
    rowOut: residualIn(fitted.rowsOut, sample),
    deviceOut: residualIn(fitted.devicesOut, sample),
    sourceOut: residualIn(sourcesOut, sample),
  })),
);
