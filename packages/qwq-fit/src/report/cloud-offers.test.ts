import { DEFAULT_WORKLOAD } from "@qwq-fit/schema";
import type { ModelProfile, TokenPrice } from "@qwq-fit/schema";
import { expect, test } from "vitest";
import { cloudOffers } from "./cloud-offers.ts";

const price = (provider: string, changes: Partial<TokenPrice> = {}): TokenPrice => ({
  provider,
  model: "Qwen/QwQ-32B",
  inputUsdPerMillionTokens: 1,
  outputUsdPerMillionTokens: 2,
  contextTokens: 131_072,
  maxOutputTokens: null,
  source: "a page",
  date: "2026-07-02",
  unverified: false,
  ...changes,
});
const model = { id: "Qwen/QwQ-32B", name: "QwQ-32B" } as ModelProfile;

test("offers of the model, cheapest first, those that cannot hold the workload last", () => {
  const offers = cloudOffers(model, null, DEFAULT_WORKLOAD, [
    price("dear", { outputUsdPerMillionTokens: 4 }),
    price("short", { outputUsdPerMillionTokens: 0.1, maxOutputTokens: 4096 }),
    price("narrow", { outputUsdPerMillionTokens: 0.2, contextTokens: 4096 }),
    price("cheap", { model: "qwq-32b" }),
    price("other", { model: "qwen3-32b" }),
    price("free", { inputUsdPerMillionTokens: 0, outputUsdPerMillionTokens: 0 }),
  ]);
  expect(offers.map(({ provider, holdsWorkload }) => [provider, holdsWorkload])).toEqual([
    ["cheap", true],
    ["dear", true],
    ["short", false],
    ["narrow", false],
  ]);
  // 1024 × $1 + (4096 + 512) × $2, a million tokens
  expect(offers[0]?.usdPerAnswer).toBeCloseTo(0.010_24, 10);
});
