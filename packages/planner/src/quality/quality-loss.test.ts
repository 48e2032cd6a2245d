import type { WeightsVariant } from "@qwq-fit/schema";
import { describe, expect, test } from "vitest";

import { kldAtBits, qualityLoss, totalKld } from "./quality-loss.ts";

const variant = (
  quantization: string,
  imatrix: boolean | null = null,
  tensorBytes = 0,
): WeightsVariant => ({
  format: "gguf",
  quantization,
  imatrix,
  tensorBytes,
  fileBytes: tensorBytes,
  sizeSource: "computed",
  location: null,
  sha256: null,
  tensors: [],
});

describe("what a quantization costs", () => {
  test.each([
    ["F16", "none"],
    ["Q8_0", "none"],
    ["Q6_K", "barely noticeable"],
    ["Q4_K_M", "barely noticeable"],
    ["Q3_K_M", "noticeable"],
    ["IQ3_XXS", "large"],
    ["IQ2_XS", "severe"],
  ])("%s: %s", (quantization, word) => {
    expect(qualityLoss(variant(quantization), "f16", 32e9).word).toBe(word);
  });

  test("an importance matrix helps where both were measured", () => {
    expect(totalKld(variant("Q4_K_M", true), "f16", 8e9)).toBe(0.028152);
    expect(totalKld(variant("Q4_K_M", false), "f16", 8e9)).toBe(0.031273);
  });

  test("perplexity lies between the two measured models, by size", () => {
    const at = (parameters: number): number | null =>
      qualityLoss(variant("Q4_K_M"), "f16", parameters).perplexityPercent;
    expect([at(1e9), at(8.03e9), at(70.55e9), at(671e9)]).toEqual([2.82, 2.82, 4.83, 4.83]);
    expect(at(32.76e9)).toBeGreaterThan(3.5);
    expect(at(32.76e9)).toBeLessThan(4.83);
  });

  test("the KV cache's type counts, and says where its figure is from", () => {
    const loss = qualityLoss(variant("Q8_0"), "q4_0", 8e9);
    expect(loss.kld).toBeGreaterThan(0.02);
    expect(loss.source).toContain("unverified");
    expect(qualityLoss(variant("Q8_0"), "q8_0", 8e9).source).not.toContain("unverified");
  });

  test("a mix that nobody measured is read off the curve by its bits, and marked", () => {
    const loss = qualityLoss(variant("UD-Q4_K_XL", true, 4.8e9), "f16", 8e9);
    expect(loss.kld).toBeGreaterThan(0.02);
    expect(loss.kld).toBeLessThan(0.04);
    expect(loss.source).toContain("unverified");
    expect(loss.perplexityPercent).toBeNull();
  });

  test("more bits never cost more", () => {
    const bits = Array.from({ length: 80 }, (_, step) => 1 + step / 5);
    const losses = bits.map(kldAtBits);
    expect(losses).toEqual(losses.toSorted((a, b) => b - a));
  });
});
