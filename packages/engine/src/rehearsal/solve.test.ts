import type { ModelEntry } from "@qwq-fit/schema";
import { describe, expect, test } from "vitest";
import { planCuts } from "./cuts.ts";
import { type CutSample, solveCuts } from "./solve.ts";

// Only what cuts are planned by.
const entryOf = (hyperparameters: ModelEntry["hyperparameters"]): ModelEntry =>
  ({ hyperparameters }) as ModelEntry;

describe("cuts are of whole periods", () => {
  test.for([
    ["QwQ-32B", { block_count: 64 }, [2, 4]],
    [
      "Qwen3.5, full attention in every fourth",
      { block_count: 40, full_attention_interval: 4 },
      [4, 8],
    ],
    ["R1, three dense blocks first", { block_count: 61, leading_dense_block_count: 3 }, [5, 7]],
    ["one block", { block_count: 1 }, [1]],
    ["three blocks", { block_count: 3 }, [2, 3]],
    [
      "a pattern of five windows and one full",
      { block_count: 62, "attention.sliding_window_pattern": 6 },
      [6, 12],
    ],
  ] as const)("%s", ([, given, cuts]) => {
    expect(planCuts(entryOf(given)).cuts).toEqual(cuts);
  });
});

const sample = (blocks: number, decodeMs: number): CutSample => ({
  blocks,
  decodeMs,
  deepDecodeMs: decodeMs + blocks * 0.5,
  depthTokens: 500,
  prefillMsPerToken: blocks * 3 + 1,
  noise: 0.01,
});

describe("a line through the cuts", () => {
  const cuts = planCuts(entryOf({ block_count: 64 }));

  test("foretells QwQ-32B: 48 ms at 2 and 73 ms at 4 of 64 layers were 819 ms for all", () => {
    const told = solveCuts(cuts, [sample(2, 48), sample(4, 73)]);
    expect(told.decodeMsPerToken).toBeCloseTo(823, 0);
    expect(Math.abs(told.decodeMsPerToken / 819 - 1)).toBeLessThan(0.01);
    expect(told).toMatchObject({ blockMs: 12.5, restMs: 23 });
  });

  test("the cache's term and the prompt's are extended too", () => {
    const told = solveCuts(cuts, [sample(2, 48), sample(4, 73)]);
    expect(told.decodeMsPerCachedToken).toBeCloseTo((64 * 0.5) / 500);
    expect(told.prefillTokensPerSecond).toBeCloseTo(1000 / (64 * 3 + 1));
  });

  test("noise is stretched, and no time is foretold below what was measured", () => {
    const quiet = solveCuts(cuts, [sample(2, 48), sample(4, 73)]);
    const noisy = solveCuts(cuts, [{ ...sample(2, 48), noise: 0.05 }, sample(4, 73)]);
    expect(noisy.relativeError).toBeGreaterThan(quiet.relativeError);
    expect(solveCuts(cuts, [sample(2, 50), sample(4, 40)]).decodeMsPerToken).toBe(40);
  });

  test("a model of one cut is what was measured", () => {
    const one = planCuts(entryOf({ block_count: 1 }));
    expect(solveCuts(one, [sample(1, 30)]).decodeMsPerToken).toBe(30);
  });
});
