import { describe, expect, test } from "vitest";

import { catalogEntry } from "../test-support/catalog-entries.ts";
import { kvBytesPerToken, stateBytesPerSequence } from "./cache-size.ts";
import { modelFromEntry } from "./from-entry.ts";

const NONE = { quantizations: [] };

/** Bytes a token at f16: the truth that estimators of others miss by 2 to 25 times. */
const PER_TOKEN: readonly (readonly [string, number])[] = [
  ["Qwen/QwQ-32B", 262_144],
  ["meta-llama/Llama-3.1-8B-Instruct", 131_072],
  ["meta-llama/Llama-3.2-1B-Instruct", 32_768],
  ["Qwen/Qwen2.5-0.5B-Instruct", 12_288],
  ["Qwen/Qwen3-30B-A3B", 98_304],
  ["Qwen/Qwen3-235B-A22B", 192_512],
  // Keys and values of 61 blocks in one latent row of 512 + 64.
  ["deepseek-ai/DeepSeek-R1", 70_272],
  // Full attention in a quarter of the blocks.
  ["Qwen/Qwen3.5-27B", 65_536],
  ["Qwen/Qwen3.8-27B", 65_536],
  ["Qwen/Qwen3.5-35B-A3B", 20_480],
  ["Qwen/Qwen3.5-397B-A17B", 30_720],
];

/** The cases of the comparison: model, context, gigabytes with one decimal. */
const AT_CONTEXT: readonly (readonly [string, number, string])[] = [
  ["Qwen/QwQ-32B", 32_768, "8.6"],
  ["meta-llama/Llama-3.1-8B-Instruct", 131_072, "17.2"],
  ["Qwen/Qwen3-30B-A3B", 131_072, "12.9"],
  ["deepseek-ai/DeepSeek-R1", 131_072, "9.2"],
];

describe("kvBytesPerToken", () => {
  test.each(PER_TOKEN)("%s takes %i bytes", (id, bytes) => {
    expect(kvBytesPerToken(modelFromEntry(catalogEntry(id), NONE), "f16")).toBe(bytes);
  });

  test.each(AT_CONTEXT)("%s at %i tokens takes %s GB", (id, tokens, gigabytes) => {
    const perToken = kvBytesPerToken(modelFromEntry(catalogEntry(id), NONE), "f16");
    expect(((perToken * tokens) / 1e9).toFixed(1)).toBe(gigabytes);
  });

  test("QwQ with quantized keys and values", () => {
    const model = modelFromEntry(catalogEntry("Qwen/QwQ-32B"), NONE);
    expect(kvBytesPerToken(model, "q8_0")).toBe(139_264);
    expect(kvBytesPerToken(model, "q4_0")).toBe(73_728);
  });
});

describe("stateBytesPerSequence", () => {
  test.each([
    ["Qwen/Qwen3.5-27B", 156_893_184],
    ["Qwen/Qwen3.5-35B-A3B", 65_863_680],
    ["Qwen/Qwen3.5-122B-A10B", 156_303_360],
    ["Qwen/Qwen3.5-397B-A17B", 195_379_200],
    ["Qwen/QwQ-32B", 0],
  ])("%s keeps %i bytes", (id, bytes) => {
    expect(stateBytesPerSequence(modelFromEntry(catalogEntry(id), NONE))).toBe(bytes);
  });
});
