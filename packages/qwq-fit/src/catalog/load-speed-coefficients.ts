import { readFile } from "node:fs/promises";
import type { SpeedCoefficients } from "@qwq-fit/planner";

/** Beside the bundle. */
const OWN = new URL("./speed-coefficients.json", import.meta.url);
/** Run from source: where the fit has written it. */
const FITTED = new URL("../../../../profiles/measurements/fit/coefficients.json", import.meta.url);

/**
 * The speed model that was fitted to measurements, for `planFit`'s option `coefficients`. Without it a plan's speed comes
 * from bandwidth and arithmetic alone, with wider ranges.
 */
export async function loadSpeedCoefficients(): Promise<SpeedCoefficients> {
  const text = await readFile(OWN, "utf8").catch(() => readFile(FITTED, "utf8"));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by the fit from this very type
  return JSON.parse(text) as SpeedCoefficients;
}
