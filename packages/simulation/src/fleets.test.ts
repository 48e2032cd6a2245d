import { describe, expect, test } from "vitest";
import { compareChoosers, FLEETS } from "./fleets.ts";
import type { Summary } from "./summary.ts";

const LOADS = [0.3, 0.7, 1, 1.3];
/** Between two good ways on one trace, means differ by chance by a few percent, tails by more. */
const NOISE_MEAN = 1.05;
const NOISE_TAIL = 1.15;

describe.for(FLEETS)("$name", (fleet) => {
  test.for(LOADS)("at load %d the prediction is not worse than any other way", (load) => {
    const got = compareChoosers(fleet, load, 4000, 7);
    const of = (name: string): Summary => {
      const found = got[name];
      if (found === undefined) throw new Error(`no ${name}`);
      return found;
    };
    const ours = of("predictive");
    expect(ours.requests).toBe(4000);
    for (const other of ["round robin", "least busy", "two choices"]) {
      const theirs = of(other);
      expect(ours.meanTimeToFirstTokenMs).toBeLessThan(theirs.meanTimeToFirstTokenMs * NOISE_MEAN);
      expect(ours.p99TimeToFirstTokenMs).toBeLessThan(theirs.p99TimeToFirstTokenMs * NOISE_TAIL);
    }
  });
});

test("on a mixed fleet it is clearly better", () => {
  for (const fleet of FLEETS.filter((one) => one.name.startsWith("mixed"))) {
    const got = compareChoosers(fleet, 0.7, 4000, 7);
    const ours = got["predictive"]?.meanTimeToFirstTokenMs ?? Infinity;
    expect(ours).toBeLessThan(0.8 * (got["least busy"]?.meanTimeToFirstTokenMs ?? 0));
    expect(ours).toBeLessThan(0.5 * (got["two choices"]?.meanTimeToFirstTokenMs ?? 0));
  }
});

test("nothing starves: under load each node of the fleet serves", () => {
  for (const fleet of FLEETS) {
    const { predictive } = compareChoosers(fleet, 1, 4000, 3);
    expect(predictive?.served).toBe(4000);
    for (const served of predictive?.servedBy ?? [0]) expect(served).toBeGreaterThan(100);
  }
});
