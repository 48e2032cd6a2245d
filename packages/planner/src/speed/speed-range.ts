import { QwqError } from "@qwq-fit/schema";
import type { Estimate } from "@qwq-fit/schema";

import { chipOf, engineClass } from "./chip-of.ts";
import type { Chip } from "./chip-of.ts";
import type { ChipGroup, SpeedCoefficients } from "./speed-coefficients.ts";
import type { SpeedDevice, SpeedInput } from "./speed-types.ts";

/** Added to a range where the bandwidth itself is a guess: a factor of 1.5 to either side. */
const UNKNOWN_BANDWIDTH_WIDTH = Math.log(1.5);

const bytesOn = (device: SpeedDevice): number => {
  let total = 0;
  for (const part of [device.weightBytesByType, device.expertBytesByType]) {
    for (const bytes of Object.values(part)) total += bytes;
  }
  return total;
};

const heaviestDevice = (input: SpeedInput): SpeedDevice => {
  const device = input.devices.toSorted((a, b) => bytesOn(b) - bytesOn(a))[0];
  if (device === undefined) throw new QwqError("internal", "a speed input has no device");
  return device;
};

/** The chip that most of the weights stand on: rows and ranges are grouped by it. */
export const heaviestChip = (input: SpeedInput, chips: Readonly<Record<string, ChipGroup>>): Chip =>
  chipOf(heaviestDevice(input), chips);

/** What rows must be of to speak for this input itself. */
export const runKey = (input: SpeedInput, chip: Chip): string => {
  const device = heaviestDevice(input);
  return `${chip.key}/${engineClass(input.engine)}/${device.backend}`;
};

/**
 * Half-width of the range as the logarithm of a factor: of the nearest group of devices whose residuals
 * were kept, the device itself, then its family, its vendor, all. A device without rows of its own (with
 * this engine and backend) takes the residuals of devices that were left out of the fit.
 */
export const logHalfWidth = (
  input: SpeedInput,
  coefficients: SpeedCoefficients,
  phase: "decode" | "prefill",
): number => {
  const chip = heaviestChip(input, coefficients.chips);
  const table = phase === "decode" ? coefficients.decodeRanges : coefficients.prefillRanges;
  const measured = coefficients.measured[phase].includes(runKey(input, chip));
  const groups = measured ? table.measured : table.other;
  const names = [`device:${chip.key}`, `family:${chip.family}`, `vendor:${chip.vendor}`, "all"];
  const found = names.map((name) => groups[name]).find((group) => group !== undefined);
  const guessed = input.devices.some((device) => device.bandwidthBytesPerSecond === null);
  return (found?.logHalfWidth ?? Math.log(2)) + (guessed ? UNKNOWN_BANDWIDTH_WIDTH : 0);
};

/** A range of a factor to either side. */
export const factorRange = (
  expected: number,
  logWidth: number,
  coverage: number,
  method: Estimate["method"],
  sources: readonly string[],
): Estimate => ({
  low: expected * Math.exp(-logWidth),
  expected,
  high: expected * Math.exp(logWidth),
  coverage,
  method,
  sources,
});
