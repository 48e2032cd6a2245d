import { expect, test } from "vitest";
import { chipGroups } from "./chips.ts";
import { loadCatalog, measurementsFolder } from "./fitted.ts";
import { readMeasurements } from "./measurement-file.ts";
import { mixedSplit } from "./mixed-splits.ts";
import { samplesOf } from "./samples.ts";

const catalog = loadCatalog();
const { samples } = samplesOf(
  readMeasurements(measurementsFolder),
  catalog,
  chipGroups(catalog.hardware),
);
const ids = (of: readonly { readonly row: { readonly id: string | number } }[]): Set<string> =>
  new Set(of.map(({ row }) => String(row.id)));

test("a third of what is left out is on devices that went whole, and no row is on both sides", () => {
  for (const seed of [0, 1, 2, 3, 4]) {
    const { train, ofMeasured, ofOthers } = mixedSplit(samples, seed);
    expect(train.length + ofMeasured.length + ofOthers.length).toBe(samples.length);
    const trained = ids(train);
    const out = [...ids(ofMeasured), ...ids(ofOthers)];
    expect(out.filter((id) => trained.has(id))).toEqual([]);
    const devices = new Set(train.map(({ device }) => device));
    expect(ofOthers.filter(({ device }) => devices.has(device))).toEqual([]);
    expect(ofMeasured.filter(({ device }) => !devices.has(device))).toEqual([]);
    expect(ids(ofOthers).size / out.length).toBeGreaterThan(0.25);
    expect(ids(ofOthers).size / out.length).toBeLessThan(0.4);
    expect(out.length / ids(samples).size).toBeCloseTo(0.29, 1);
  }
});

test("the same seed leaves out the same rows, another seed others", () => {
  expect(ids(mixedSplit(samples, 7).train)).toEqual(ids(mixedSplit(samples, 7).train));
  expect(ids(mixedSplit(samples, 7).train)).not.toEqual(ids(mixedSplit(samples, 8).train));
});
