import type { Estimate } from "@qwq-fit/schema";
import { expect, test } from "vitest";
import { estimateOf, factorAt, normalQuantile } from "./draws.ts";

test("quantiles of the normal distribution, as tables have them", () => {
  expect(normalQuantile(0.5)).toBeCloseTo(0, 9);
  expect(normalQuantile(0.9)).toBeCloseTo(1.281_551_57, 6);
  expect(normalQuantile(0.975)).toBeCloseTo(1.959_963_98, 6);
  expect(normalQuantile(0.001)).toBeCloseTo(-3.090_232_31, 6);
});

test("a factor's quantiles are the range's ends where its coverage ends", () => {
  const range: Estimate = {
    low: 0.5,
    expected: 1,
    high: 3,
    coverage: 0.8,
    method: "predicted",
    sources: [],
  };
  expect(factorAt(range, 0.1)).toBeCloseTo(0.5, 6);
  expect(factorAt(range, 0.5)).toBeCloseTo(1, 6);
  expect(factorAt(range, 0.9)).toBeCloseTo(3, 6);
});

test("of 9 draws the ends hold four in five, of 19 the second ones", () => {
  const nine = estimateOf(5, [9, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect([nine.low, nine.high, nine.coverage]).toEqual([1, 9, 0.8]);
  const many = estimateOf(
    10,
    Array.from({ length: 19 }, (_, i) => i + 1),
  );
  expect([many.low, many.high, many.coverage]).toEqual([2, 18, 0.8]);
});
