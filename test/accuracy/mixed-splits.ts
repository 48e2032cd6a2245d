import { hashOf } from "./cross-validate.ts";
import type { Sample } from "./samples.ts";

/** Rows set aside as a stranger would: some of devices that stay, some of devices that go whole. */
export interface MixedSplit {
  readonly train: readonly Sample[];
  /** Left-out figures of devices that have other rows in `train`, and of devices that have none. */
  readonly ofMeasured: readonly Sample[];
  readonly ofOthers: readonly Sample[];
}

/** Share of all rows that is set aside, and the share of those on devices that go whole. */
const KEPT = 0.29;
const WHOLE = 1 / 3;
/** A device with more rows would be the whole share by itself. */
const MOST_ROWS = 20;

const shuffled = (names: Iterable<string>, seed: number): readonly string[] =>
  [...new Set(names)].toSorted((a, b) => hashOf(`${seed}/${a}`) - hashOf(`${seed}/${b}`));

const idOf = (sample: Sample): string => String(sample.row.id);

const devicesLeftOut = (
  rowsOf: ReadonlyMap<string, ReadonlySet<string>>,
  seed: number,
  wanted: number,
): ReadonlySet<string> => {
  const out = new Set<string>();
  let rows = 0;
  for (const device of shuffled(rowsOf.keys(), seed)) {
    const count = rowsOf.get(device)?.size ?? 0;
    if (count > MOST_ROWS || rows + count > wanted + 1) continue;
    out.add(device);
    rows += count;
    if (rows >= wanted - 1) break;
  }
  return out;
};

/** One such split; the same for the same seed. A row goes with all its figures. */
export function mixedSplit(samples: readonly Sample[], seed: number): MixedSplit {
  const rowsOf = new Map<string, Set<string>>();
  for (const sample of samples) {
    const rows = rowsOf.get(sample.device) ?? new Set();
    rowsOf.set(sample.device, rows.add(idOf(sample)));
  }
  const all = new Set(samples.map(idOf)).size;
  const devices = devicesLeftOut(rowsOf, seed, all * KEPT * WHOLE);
  const staying = samples.filter(({ device }) => !devices.has(device));
  const deviceOf = new Map(staying.map((sample) => [idOf(sample), sample.device]));
  const rows = new Set<string>();
  for (const id of shuffled(deviceOf.keys(), seed)) {
    if (rows.size >= all * KEPT * (1 - WHOLE)) break;
    const left = rowsOf.get(deviceOf.get(id) ?? "");
    if (left === undefined || left.size < 2) continue;
    left.delete(id);
    rows.add(id);
  }
  return {
    train: staying.filter((sample) => !rows.has(idOf(sample))),
    ofMeasured: staying.filter((sample) => rows.has(idOf(sample))),
    ofOthers: samples.filter(({ device }) => devices.has(device)),
  };
}
