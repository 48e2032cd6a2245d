import type { RangeGroup, RangeTable } from "../../packages/planner/src/index.ts";
import type { Held } from "./cross-validate.ts";
import type { Phase } from "./samples.ts";

/** Rows below which a group's own residuals say too little, and the next wider group is asked. */
const LEAST_ROWS = { device: 12, family: 16, vendor: 16 };
/** Devices that must stand behind the residuals for devices that were never measured. */
const LEAST_DEVICES = 4;

const levels = ["device", "family", "vendor"] as const;

interface Weighted {
  readonly size: number;
  readonly weight: number;
}

/**
 * The conformal quantile: the smallest size below which `coverage` of the weight lies, with one row more
 * (of the mean weight, infinitely large) for the row to come. Vovk, Gammerman, Shafer, "Algorithmic
 * learning in a random world", split conformal prediction.
 */
export function conformalQuantile(sizes: readonly Weighted[], coverage: number): number {
  const sorted = sizes.toSorted((a, b) => a.size - b.size);
  const total = sorted.reduce((sum, { weight }) => sum + weight, 0);
  const wanted = coverage * (total + total / Math.max(1, sorted.length));
  let reached = 0;
  for (const { size, weight } of sorted) {
    reached += weight;
    if (reached >= wanted) return size;
  }
  return sorted.at(-1)?.size ?? Number.POSITIVE_INFINITY;
}

const grouped = (held: readonly Held[], keyOf: (entry: Held) => string): Map<string, Held[]> => {
  const groups = new Map<string, Held[]>();
  for (const entry of held) {
    const key = keyOf(entry);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [entry]);
    else group.push(entry);
  }
  return groups;
};

const rounded = (value: number): number => Math.round(value * 1e4) / 1e4;

const groupOf = (held: readonly Held[], coverage: number, perDevice: boolean): RangeGroup => {
  const devices = grouped(held, ({ sample }) => sample.device);
  const sizes = held.map(({ sample, residual }) => ({
    size: Math.abs(residual),
    // a device with many rows is still one device
    weight: perDevice ? 1 / Math.sqrt(devices.get(sample.device)?.length ?? 1) : 1,
  }));
  return { rows: held.length, logHalfWidth: rounded(conformalQuantile(sizes, coverage)) };
};

const table = (
  held: readonly Held[],
  coverage: number,
  perDevice: boolean,
): Readonly<Record<string, RangeGroup>> => {
  const groups: Record<string, RangeGroup> = { all: groupOf(held, coverage, perDevice) };
  for (const level of levels) {
    if (perDevice && level === "device") continue;
    for (const [name, entries] of grouped(held, ({ sample }) => sample[level])) {
      const devices = new Set(entries.map(({ sample }) => sample.device)).size;
      if (entries.length < LEAST_ROWS[level]) continue;
      if (perDevice && devices < LEAST_DEVICES) continue;
      groups[`${level}:${name}`] = groupOf(entries, coverage, perDevice);
    }
  }
  return groups;
};

/**
 * Half-widths of ranges by group: for measured devices from rows that were left out while their device
 * stayed in the fit, for others from devices that were left out whole.
 */
export function rangeTable(
  phase: Phase,
  rowsOut: readonly Held[],
  devicesOut: readonly Held[],
  coverage: number,
): RangeTable {
  const of = (held: readonly Held[]): readonly Held[] =>
    held.filter(({ sample }) => sample.phase === phase);
  const counts = grouped(of(rowsOut), ({ sample }) => sample.device);
  const known = of(rowsOut).filter(({ sample }) => (counts.get(sample.device)?.length ?? 0) > 1);
  return {
    measured: table(known, coverage, false),
    other: table(of(devicesOut), coverage, true),
  };
}
