import { describe, expect, test } from "vitest";
import { breakEven, monthlyCost, sumCosts, totalUsd } from "./cost.ts";
import type { NodeRun } from "./run-fleet.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MONTH_HOURS = (365 / 12) * 24;
const run = (busyMs: number, onMs: number, more: Partial<NodeRun> = {}): NodeRun => ({
  served: 10,
  promptTokens: 1e6,
  outputTokens: 2e6,
  ...more,
  usage: { busyMs, onMs, coldStarts: 0, preemptions: 0, reusedTokens: 0 },
});
const own = {
  kind: "own",
  hardwareUsd: 3600,
  watts: 500,
  usdPerKwh: 0.2,
  years: 3,
  sources: [],
} as const;

describe("a month", () => {
  test("own: a part of the price, and energy while it computes", () => {
    const cost = monthlyCost(own, run(6 * HOUR, DAY), DAY, DAY);
    expect(cost.hardwareUsd).toBeCloseTo(100);
    expect(cost.energyUsd).toBeCloseTo(0.5 * 0.25 * MONTH_HOURS * 0.2);
  });
  test("what nobody knows is null and counts as nothing in the sum", () => {
    const cost = monthlyCost({ ...own, hardwareUsd: null, watts: null }, run(HOUR, DAY), DAY, DAY);
    expect([cost.hardwareUsd, cost.energyUsd, totalUsd(cost)]).toEqual([null, null, 0]);
    const both = sumCosts([cost, monthlyCost(own, run(0, DAY), DAY, DAY)]);
    expect([both.hardwareUsd, both.energyUsd]).toEqual([null, null]);
  });
  test("rented: all hours where it is always on, those that it was on where not", () => {
    const rented = { kind: "rented", usdPerHour: 2, sources: [] } as const;
    // The last answer ended before the trace's span did: it is on all the same.
    expect(monthlyCost(rented, run(0, DAY - HOUR), DAY, DAY - HOUR).rentUsd).toBeCloseTo(
      2 * MONTH_HOURS,
    );
    expect(monthlyCost(rented, run(0, 6 * HOUR), DAY, DAY).rentUsd).toBeCloseTo(0.5 * MONTH_HOURS);
  });
  test("by the token: the trace's tokens over and over", () => {
    const tokens = {
      kind: "tokens",
      inputUsdPerMillionTokens: 1,
      outputUsdPerMillionTokens: 3,
      sources: [],
    } as const;
    expect(monthlyCost(tokens, run(0, 0), DAY, DAY).tokensUsd).toBeCloseTo(7 * (365 / 12));
  });
});

describe("break-even", () => {
  const cost = { hardwareUsd: 100, energyUsd: 20, rentUsd: 0, tokensUsd: 0 };
  test("from how many requests a day, and after how many months", () => {
    const even = breakEven(cost, 3600, 30_000, { name: "cloud", usdPerMonth: 320 });
    // 0.01 USD are saved with each request; 100 USD a month are 10,000 of them.
    expect(even.requestsPerDay).toBeCloseTo(10_000 / (365 / 12));
    expect(even.paidBackMonths).toBeCloseTo(12);
  });
  test("none where the cloud costs less than the energy, or just as much", () => {
    for (const usdPerMonth of [10, 20, 20.000_000_01]) {
      const even = breakEven(cost, 3600, 30_000, { name: "cloud", usdPerMonth });
      expect([even.requestsPerDay, even.paidBackMonths]).toEqual([null, null]);
    }
  });
  test("not known where the price is not", () => {
    const even = breakEven({ ...cost, hardwareUsd: null }, null, 30_000, {
      name: "cloud",
      usdPerMonth: 320,
    });
    expect([even.requestsPerDay, even.paidBackMonths]).toEqual([null, null]);
  });
});
