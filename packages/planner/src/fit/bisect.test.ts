import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { largestNear, largestThat, smallestNear, smallestThat } from "./bisect.ts";

const range = fc
  .tuple(
    fc.integer({ min: -1000, max: 1000 }),
    fc.nat({ max: 2000 }),
    fc.integer({ min: -1500, max: 3500 }),
  )
  .map(([low, size, edge]) => ({ low, high: low + size, edge }));

describe("where an answer turns", () => {
  test("the smallest and the largest number are found, or none", () => {
    fc.assert(
      fc.property(range, ({ low, high, edge }) => {
        const up = smallestThat(low, high, (value) => value >= edge);
        expect(up).toBe(edge > high ? null : Math.max(low, edge));
        const down = largestThat(low, high, (value) => value <= edge);
        expect(down).toBe(edge < low ? null : Math.min(high, edge));
      }),
    );
  });

  test("a rough answer leads to an exact one, however far off it is", () => {
    fc.assert(
      fc.property(
        range,
        fc.integer({ min: -300, max: 300 }),
        fc.integer({ min: 1, max: 9 }),
        ({ low, high, edge }, off, step) => {
          const up = smallestNear(
            low,
            high,
            step,
            (value) => value >= edge + off,
            (value) => value >= edge,
          );
          expect(up === null).toBe(edge > high);
          expect(up ?? edge).toBeGreaterThanOrEqual(edge);
          const down = largestNear(
            low,
            high,
            step,
            (value) => value <= edge + off,
            (value) => value <= edge,
          );
          expect(down === null).toBe(edge < low);
          expect(down ?? edge).toBeLessThanOrEqual(edge);
        },
      ),
    );
  });
});
