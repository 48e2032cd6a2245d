import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { SpeedCoefficients } from "../../packages/planner/src/speed/speed-coefficients.ts";
import { compileCatalog } from "../../packages/qwq-fit/src/catalog/compile-catalog.ts";
import type { Catalog } from "../../packages/schema/src/index.ts";
import { root } from "../support/repository.ts";
import type { MixedValidation } from "./judge-mixed.ts";
import type { Phase } from "./samples.ts";
import type { Errors } from "./summary.ts";

const profiles = join(root, "profiles");

/** Folder of our own measurements. */
export const measurementsFolder: string = join(profiles, "measurements");
/** What `npm run fit` writes, and which rows it leaves out. */
export const coefficientsFile: string = join(measurementsFolder, "fit", "coefficients.json");
export const validationFile: string = join(measurementsFolder, "fit", "validation.json");
export const residualsFile: string = join(measurementsFolder, "fit", "residuals.json");
export const leftOutFile: string = join(measurementsFolder, "fit", "left-out.json");

export const loadCatalog = (): Catalog => compileCatalog(profiles);

/** Errors on rows that a fit had not seen, by what was left out of it. */
export interface Validation {
  readonly rows: number;
  /** Share of left-out rows within ranges that were made without them. */
  readonly withinRange: Readonly<Record<string, Readonly<Record<Phase, number | null>>>>;
  readonly schemes: Readonly<Record<string, Readonly<Record<Phase, Errors>>>>;
  /** What rows kept aside would say. */
  readonly mixed: MixedValidation;
}

export interface FittedData {
  readonly catalog: Catalog;
  readonly coefficients: SpeedCoefficients;
  readonly measurements: string;
  readonly validation: Validation;
}

/** The catalogue and the committed fit. */
export function loadFitted(): FittedData {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by fit.ts from this very type
  const coefficients = JSON.parse(readFileSync(coefficientsFile, "utf8")) as SpeedCoefficients;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by fit.ts from this very type
  const validation = JSON.parse(readFileSync(validationFile, "utf8")) as Validation;
  return { catalog: loadCatalog(), coefficients, measurements: measurementsFolder, validation };
}
