// Fits the speed model to profiles/measurements and writes profiles/measurements/fit: node test/accuracy/fit.ts
import { writeFileSync } from "node:fs";
import { chipGroups } from "./chips.ts";
import { byFold, crossValidate, type Held, residualOf, sourceOf } from "./cross-validate.ts";
import { fitModel } from "./fit-model.ts";
import {
  coefficientsFile,
  leftOutFile,
  loadCatalog,
  measurementsFolder,
  residualsFile,
  validationFile,
} from "./fitted.ts";
import { readMeasurements } from "./measurement-file.ts";
import { leftOut, type Phase, type Sample, samplesOf } from "./samples.ts";
import { errorsOf } from "./summary.ts";

const SEEDS = [1, 2, 3];
const FOLDS = 3;

const errorOf = (residual: number): number => Math.abs(Math.exp(-residual) - 1);

const byPhase = (held: readonly Held[]): Readonly<Record<Phase, unknown>> => {
  const of = (phase: Phase): unknown =>
    errorsOf(
      held.filter(({ sample }) => sample.phase === phase).map(({ residual }) => errorOf(residual)),
    );
  return { decode: of("decode"), prefill: of("prefill") };
};

/** Each device counts once, with the median of its rows. */
const perDevice = (held: readonly Held[], phase: Phase): unknown => {
  const devices = Map.groupBy(
    held.filter(({ sample }) => sample.phase === phase),
    ({ sample }) => sample.device,
  );
  const medians = [...devices.values()].map(
    (group) => errorsOf(group.map(({ residual }) => errorOf(residual))).medianAbsoluteError ?? 0,
  );
  return errorsOf(medians);
};

const write = (path: string, value: unknown): void => {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
};

const catalog = loadCatalog();
const chips = chipGroups(catalog.hardware);
const excluded = leftOut(leftOutFile);
const rows = readMeasurements(measurementsFolder).filter(({ id }) => !excluded.has(String(id)));
const { samples, unresolved } = samplesOf(rows, catalog, chips);
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
write(validationFile, {
  about:
    "Errors |predicted - measured| / measured on rows that the fit had not seen, by what was left out of it.",
  rows: rows.length,
  leftOut: excluded.size,
  unresolved: unresolved.map(({ row, reason }) => ({ id: row.id, reason })),
  fittedRows: byPhase(inSample),
  deviceLeftOut: byPhase(fitted.devicesOut),
  deviceLeftOutEachDeviceOnce: {
    decode: perDevice(fitted.devicesOut, "decode"),
    prefill: perDevice(fitted.devicesOut, "prefill"),
  },
  sourceLeftOut: byPhase(sourcesOut),
  randomThirdLeftOut: byPhase(random),
});
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
