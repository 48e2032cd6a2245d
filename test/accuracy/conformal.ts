import type {
  RangeGroup,
  RangeTable,
} from "../../packages/planner/src/speed/speed-coefficients.ts";
import type { Held } from "./cross-validate.ts";
import type { Phase } from "./samples.ts";

/** Rows below which a group's own residuals say too little, and the next wider group is asked. */
const LEAST_ROWS = { device: 12, family: 16, vendor: 16 };
/** Devices that must stand behind the residuals for devices that were never measured. */
const LEAST_DEVICES = 4;

interface Weighted {
  readonly size: number;
  readonly weight: number;
}

/**
 * The conformal quantile: the smallest size below which `coverage` of the weight lies, where the case to
 * come is one more of weight `next`, infinitely large. Vovk, Gammerman, Shafer, "Algorithmic learning in
 * a random world", split conformal prediction.
 */
export function conformalQuantile(
  sizes: readonly Weighted[],
  coverage: number,
  next: number,
): number {
  const sorted = sizes.toSorted((a, b) => a.size - b.size);
  const total = sorted.reduce((sum, { weight }) => sum + weight, 0);
  // sums of weights like a third are not exact
  const wanted = coverage * (total + next) - 1e-9;
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

/**
 * A device with many rows is one device, yet each of its rows tells something: n rows weigh as the root of n.
 * Where each weighed 1, ranges of other devices would be those of the few that have most rows; where a device
 * weighed 1, those of many odd ones with a single row.
 */
const groupOf = (held: readonly Held[], coverage: number): RangeGroup => {
  const devices = grouped(held, ({ sample }) => sample.device);
  const sizes = held.map(({ sample, residual }) => ({
    size: Math.abs(residual),
    weight: 1 / Math.sqrt(devices.get(sample.device)?.length ?? 1),
  }));
  const next = sizes.reduce((sum, { weight }) => sum + weight, 0) / sizes.length;
  return { rows: held.length, logHalfWidth: rounded(conformalQuantile(sizes, coverage, next)) };
};

type Table = Readonly<Record<string, RangeGroup>>;

/** Groups wider than a device. */
const widerTable = (held: readonly Held[], coverage: number, leastDevices: number): Table => {
  const groups: Record<string, RangeGroup> = { all: groupOf(held, coverage) };
  for (const level of ["family", "vendor"] as const) {
    for (const [name, entries] of grouped(held, ({ sample }) => sample[level])) {
      const devices = new Set(entries.map(({ sample }) => sample.device)).size;
      if (entries.length < LEAST_ROWS[level] || devices < leastDevices) continue;
      groups[`${level}:${name}`] = groupOf(entries, coverage);
    }
  }
  return groups;
};

/** Devices with many rows by their own residuals; the others by what devices with more than one row miss. */
const measuredTable = (held: readonly Held[], coverage: number): Table => {
  const devices = [...grouped(held, ({ sample }) => sample.device)].filter(
    ([, entries]) => entries.length > 1,
  );
  const many = devices.filter(([, entries]) => entries.length >= LEAST_ROWS.device);
  return {
    ...widerTable(
      devices.flatMap(([, entries]) => entries),
      coverage,
      1,
    ),
    ...Object.fromEntries(
      many.map(([device, entries]) => [`device:${device}`, groupOf(entries, coverage)]),
    ),
  };
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
  return {
    measured: measuredTable(of(rowsOut), coverage),
    other: widerTable(of(devicesOut), coverage, LEAST_DEVICES),
  };
}
