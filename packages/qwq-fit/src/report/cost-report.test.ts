import type { CheckReport, CloudOffer, Estimate, FitPlan } from "@qwq-fit/schema";
import { DEFAULT_WORKLOAD } from "@qwq-fit/schema";
import { expect, test } from "vitest";
import { type CostInputs, createCostReport } from "./cost-report.ts";

const estimate = (expected: number): Estimate => ({
  low: expected,
  expected,
  high: expected,
  coverage: 0.8,
  method: "predicted",
  sources: [],
});
const offer = (usdPerAnswer: number, holdsWorkload = true): CloudOffer => ({
  provider: "cloud",
  model: "m",
  inputUsdPerMillionTokens: 1,
  outputUsdPerMillionTokens: 1,
  contextTokens: null,
  maxOutputTokens: null,
  usdPerAnswer,
  holdsWorkload,
  source: "a price list",
  unverified: false,
});
// Only what costs are made of.
const reportOf = (answerMs: number | null, cloud: readonly CloudOffer[]): CheckReport =>
  ({
    model: { id: "m" },
    workload: DEFAULT_WORKLOAD,
    cloud,
    choice:
      answerMs === null ? null : ({ timeToAnswerMs: estimate(answerMs), sequences: 2 } as FitPlan),
  }) as CheckReport;
const inputs: CostInputs = {
  answersPerDay: 100,
  hardwareUsd: 3600,
  years: 3,
  electricity: { value: 0.2, source: "a bill" },
  watts: { value: 300, source: "a meter" },
};

test("energy, hardware and break-even by their formulas", () => {
  const got = createCostReport(reportOf(60_000, [offer(0.011)]), inputs, []);
  // 300 W for a minute are 5 Wh; at 0.2 USD a kWh 0.001 USD.
  expect(got.energyUsdPerAnswer).toBeCloseTo(0.001);
  expect(got.hardwareUsdPerMonth).toBeCloseTo(100);
  expect(got.local?.usdPerMonth).toBeCloseTo(100 + (0.001 * 100 * 365) / 12);
  // 100 USD a month are 3.29 a day; each answer spares 0.01.
  expect(got.breakEvenAnswersPerDay).toBeCloseTo((100 * 12) / 365 / 0.01);
  expect(got.mostAnswersPerDay).toBeCloseTo(2880);
});

test("a cloud below the energy's price is never passed; one that cannot hold the workload is left out", () => {
  expect(
    createCostReport(reportOf(60_000, [offer(0.0005)]), inputs, []).breakEvenAnswersPerDay,
  ).toBeNull();
  expect(createCostReport(reportOf(60_000, [offer(1, false)]), inputs, []).clouds).toEqual([]);
});

test("what is not known is null, not nothing", () => {
  const got = createCostReport(reportOf(60_000, []), { ...inputs, watts: null }, []);
  expect(got).toMatchObject({ energyUsdPerAnswer: null, local: { usdPerAnswer: null } });
  expect(createCostReport(reportOf(null, []), inputs, []).local).toBeNull();
});
