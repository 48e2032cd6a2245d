import { DEFAULT_WORKLOAD } from "@qwq-fit/schema";
import type { CloudOffer, Estimate, FitPlan } from "@qwq-fit/schema";
import { describe, expect, test } from "vitest";
import { localUsdPerAnswer, recommend } from "./recommend.ts";

const estimate = (expected: number): Estimate => ({
  low: expected / 2,
  expected,
  high: expected * 2,
  coverage: 0.8,
  method: "predicted",
  sources: [],
});

const plan = (tokensPerSecond: number, usdPerMillion: number | null): FitPlan =>
  ({
    usable: tokensPerSecond >= 3,
    decodeTokensPerSecond: estimate(tokensPerSecond),
    localCostUsdPerMillionTokens: usdPerMillion === null ? null : estimate(usdPerMillion),
  }) as FitPlan;

const offer = (usdPerAnswer: number, holdsWorkload = true): CloudOffer =>
  ({ provider: "somebody", usdPerAnswer, holdsWorkload }) as CloudOffer;

describe("recommend", () => {
  test.for([
    ["does not fit, a cloud holds it", null, [offer(0.001)], "cloud"],
    ["does not fit, no cloud holds it", null, [offer(0.001, false)], "none"],
    ["too slow, a cloud holds it", plan(1, null), [offer(0.001)], "cloud"],
    ["too slow, no cloud", plan(1, null), [], "local"],
    ["fast enough, power not known", plan(10, null), [offer(0.001)], "local"],
    ["fast enough, cheap power", plan(10, 0.2), [offer(0.001)], "local"],
    ["fast enough, dear power", plan(10, 2), [offer(0.001)], "either"],
    ["fast enough, no cloud to be dearer than", plan(10, 2), [], "local"],
  ] as const)("%s: %s", ([, choice, cloud, target]) => {
    const answer = recommend(choice, cloud, DEFAULT_WORKLOAD, 3);
    expect(answer.target).toBe(target);
    expect(answer.reasons.length).toBeGreaterThan(1);
  });

  test("an answer's electricity is that of thinking and answer", () => {
    expect(localUsdPerAnswer(plan(10, 2), DEFAULT_WORKLOAD)).toBeCloseTo((2 * 4608) / 1e6, 12);
    expect(localUsdPerAnswer(plan(10, null), DEFAULT_WORKLOAD)).toBeNull();
  });
});
