import type { CheckReport, CloudOffer, Estimate, FitPlan, SagemakerOffer } from "@qwq-fit/schema";
import { DEFAULT_WORKLOAD } from "@qwq-fit/schema";
import { expect, test } from "vitest";
import { type CostInputs, type CostPrices, createCostReport } from "./cost-report.ts";

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
const none: CostPrices = { sagemaker: [], sagemakerDate: "2026-11-23", tokens: [] };
const inputs: CostInputs = {
  answersPerDay: 100,
  hardwareUsd: 3600,
  years: 3,
  electricity: { value: 0.2, source: "a bill" },
  watts: { value: 300, source: "a meter" },
};

test("energy, hardware and break-even by their formulas", () => {
  const got = createCostReport(reportOf(60_000, [offer(0.011)]), inputs, none);
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
    createCostReport(reportOf(60_000, [offer(0.0005)]), inputs, none).breakEvenAnswersPerDay,
  ).toBeNull();
  expect(createCostReport(reportOf(60_000, [offer(1, false)]), inputs, none).clouds).toEqual([]);
});

test("what is not known is null, not nothing", () => {
  const got = createCostReport(reportOf(60_000, []), { ...inputs, watts: null }, none);
  expect(got).toMatchObject({ energyUsdPerAnswer: null, local: { usdPerAnswer: null } });
  expect(createCostReport(reportOf(null, []), inputs, none).local).toBeNull();
});

const rented = (usdPerHour: number, tokensPerSecond: number | null): SagemakerOffer => ({
  instance: "ml.one",
  accelerator: "L40S",
  acceleratorCount: 1,
  acceleratorMemoryBytes: 48e9,
  fits: tokensPerSecond !== null,
  usable: true,
  plan: null,
  shortfall: null,
  usdPerHour: { value: usdPerHour, source: "a list", unverified: true },
  usdPerMonth: usdPerHour * 730,
  tokensPerSecond: tokensPerSecond === null ? null : estimate(tokensPerSecond),
  usdPerMillionTokens:
    tokensPerSecond === null ? null : estimate((usdPerHour * 1e6) / 3600 / tokensPerSecond),
});

test("an instance is paid all month; busy, by its tokens; one that holds nothing is left out", () => {
  const offers = [rented(2, 50), rented(1, null)];
  const got = createCostReport(
    reportOf(60_000, []),
    { ...inputs, answersPerDay: 120 },
    { ...none, sagemaker: offers },
  );
  expect(got.sagemaker).toHaveLength(1);
  const [row] = got.sagemaker;
  const perMonth = (120 * 365) / 12;
  const output = DEFAULT_WORKLOAD.reasoningTokens + DEFAULT_WORKLOAD.answerTokens;
  expect(row).toMatchObject({ where: "SageMaker ml.one", date: "2026-11-23", source: "a list" });
  expect(row?.usdPerMonth).toBe(1460);
  expect(row?.usdPerAnswer).toBeCloseTo(1460 / perMonth);
  expect(row?.usdPerMillionTokens).toBeCloseTo((1460 / perMonth / output) * 1e6);
  // 2 USD buy 180,000 tokens
  expect(row?.usdPerMillionTokensBusy).toBeCloseTo(2 / 0.18);
  const answers = (50 * 3600 * 24 * 365) / 12 / output;
  expect(row?.mostAnswersPerMonth).toBeCloseTo(answers);
  expect(row?.enough).toBe(answers >= perMonth);
});

test("a cloud's price is told with the date of its row", () => {
  const row = {
    provider: "cloud",
    model: "m",
    inputUsdPerMillionTokens: 1,
    outputUsdPerMillionTokens: 1,
    contextTokens: null,
    maxOutputTokens: null,
    source: "a price list",
    date: "2026-07-02",
    unverified: false,
  };
  const got = createCostReport(reportOf(60_000, [offer(1)]), inputs, { ...none, tokens: [row] });
  expect(got.clouds[0]?.date).toBe("2026-07-02");
});
