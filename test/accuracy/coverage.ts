import type { RangeGroup } from "../../packages/planner/src/speed/speed-coefficients.ts";
import { rangeTable } from "./conformal.ts";
import type { Held } from "./cross-validate.ts";
import type { Phase } from "./samples.ts";

const nearest = (groups: Readonly<Record<string, RangeGroup>>, { sample }: Held): number => {
  const names = [
    `device:${sample.device}`,
    `family:${sample.family}`,
    `vendor:${sample.vendor}`,
    "all",
  ];
  return names.map((name) => groups[name]).find((group) => group !== undefined)?.logHalfWidth ?? 0;
};

const mean = (values: readonly number[]): number | null =>
  values.length === 0
    ? null
    : Math.round((values.reduce((sum, value) => sum + value, 0) / values.length) * 1e4) / 1e4;

/** For each device that was left out, which of its rows lie within ranges made without it: 1 or 0. */
const hitsByDevice = (
  phase: Phase,
  devicesOut: readonly Held[],
  coverage: number,
): readonly (readonly number[])[] => {
  const held = devicesOut.filter(({ sample }) => sample.phase === phase);
  const devices = [...new Set(held.map(({ sample }) => sample.device))];
  return devices.map((device) => {
    const rest = held.filter(({ sample }) => sample.device !== device);
    const { other } = rangeTable(phase, [], rest, coverage);
    return held
      .filter(({ sample }) => sample.device === device)
      .map((entry) => (Math.abs(entry.residual) <= nearest(other, entry) ? 1 : 0));
  });
};

/** Share of the rows of left-out devices within their ranges. */
export const coverageOfDeviceRows = (
  phase: Phase,
  devicesOut: readonly Held[],
  coverage: number,
): number | null => mean(hitsByDevice(phase, devicesOut, coverage).flat());

/** The same where each device counts once, with the share of its rows: what the ranges are made to hold. */
export const coverageOfDevices = (
  phase: Phase,
  devicesOut: readonly Held[],
  coverage: number,
): number | null => mean(hitsByDevice(phase, devicesOut, coverage).map((hits) => mean(hits) ?? 0));

/** Share of left-out rows of measured devices that lie within ranges made without that row. */
export function coverageOfRows(
  phase: Phase,
  rowsOut: readonly Held[],
  coverage: number,
): number | null {
  const held = rowsOut.filter(({ sample }) => sample.phase === phase);
  const hits = held
    .filter((entry) =>
      held.some((other) => other !== entry && other.sample.device === entry.sample.device),
    )
    .map((entry) => {
      const rest = held.filter((other) => other !== entry);
      const { measured } = rangeTable(phase, rest, [], coverage);
      return Math.abs(entry.residual) <= nearest(measured, entry) ? 1 : 0;
    });
  return mean(hits);
}
