import { GiB } from "@qwq-fit/schema";
import type { Estimate } from "@qwq-fit/schema";
import { describe, expect, test } from "vitest";
import { duration, gib, lasting, range, short, tokens, usd } from "./numbers.ts";

const estimate = (low: number, expected: number, high: number): Estimate =>
  ({ low, expected, high, coverage: 0.8, method: "predicted", sources: [] }) as const;

describe("numbers for people", () => {
  test.for([
    [0, "0"],
    [0.002_14, "0.0021"],
    [1.2249, "1.22"],
    [12.34, "12.3"],
    [10, "10"],
    [1234.5, "1,235"],
    [Number.POSITIVE_INFINITY, "–"],
  ] as const)("short(%d) is %s", ([value, expected]) => {
    expect(short(value)).toBe(expected);
  });

  test.for([
    [16_384, "16k"],
    [131_072, "128k"],
    [1_048_576, "1,024k"],
    [1000, "1,000"],
    [512, "512"],
  ] as const)("tokens(%d) is %s", ([value, expected]) => {
    expect(tokens(value)).toBe(expected);
  });

  test("memory is told in GiB, and never as nothing", () => {
    expect(gib(18.48 * GiB)).toBe("18.5");
    expect(gib(1)).toBe("0.1");
    expect(gib(0)).toBe("0.0");
  });

  test.for([
    [estimate(200, 400, 800), "400 ms (200–800)"],
    [estimate(1000, 2000, 4000), "2 s (1–4)"],
    [estimate(3_000_000, 3_780_000, 5_400_000), "63 min (50–90)"],
    [estimate(3_600_000, 7_200_000, 14_400_000), "2 h (1–4)"],
  ] as const)("a duration %o is %s", ([value, expected]) => {
    expect(duration(value)).toBe(expected);
  });

  test("a duration without a range", () => {
    expect([250, 2810, 120_000, 8_107_000].map(lasting)).toEqual([
      "250 ms",
      "2.8 s",
      "2 min",
      "2.3 h",
    ]);
  });

  test("a range and a price", () => {
    expect(range(estimate(0.9, 1.22, 1.6))).toBe("1.22 (0.9–1.6)");
    expect(usd(0.0023)).toBe("$0.0023");
    expect(usd(4999)).toBe("$4,999");
  });
});
