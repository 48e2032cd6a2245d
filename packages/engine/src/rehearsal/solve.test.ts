import { layoutTensors } from "@qwq-fit/models";
import type { ModelEntry } from "@qwq-fit/schema";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type CutPlan, planCuts } from "./cuts.ts";
import { type CutSample, solveCuts } from "./solve.ts";

const entryOf = (name: string): ModelEntry =>
  JSON.parse(
    readFileSync(new URL(`../../../../profiles/models/${name}.json`, import.meta.url), "utf8"),
  ) as ModelEntry;
const GB = 1e9;

describe("cuts are of whole periods, and fit the room", () => {
  test.for([
    ["Qwen/QwQ-32B", "Q4_K_M", 16 * GB, [4, 12]],
    ["Qwen/QwQ-32B", "Q4_K_M", 6 * GB, [4, 8]],
    ["Qwen/QwQ-32B", "Q4_K_M", 3.5 * GB, [1, 2]],
    // Eight-bit blocks weigh twice: what loads within a minute comes before what fits.
    ["Qwen/QwQ-32B", "Q8_0", 100 * GB, [2, 6]],
    ["Qwen/Qwen3-30B-A3B", "Q4_K_M", 16 * GB, [4, 12]],
    ["Qwen/Qwen2.5-7B-Instruct", "Q4_K_M", 16 * GB, [8, 24]],
    // Small ones as a whole, where there is room.
    ["Qwen/Qwen2.5-0.5B-Instruct", "Q4_0", 16 * GB, [12, 24]],
    // Full attention in every fourth block.
    ["Qwen/Qwen3.5-35B-A3B", "Q4_K_M", 16 * GB, [4, 8]],
    // Three dense blocks first.
    ["deepseek-ai/DeepSeek-R1", "Q4_K_M", 60 * GB, [4, 5]],
  ] as const)("%s %s in %d bytes", ([name, quantization, roomBytes, cuts]) => {
    expect(planCuts(entryOf(name), quantization, { roomBytes }).cuts).toEqual(cuts);
  });

  test("chosen blocks have the quantizations of the whole in proportion: half of QwQ's are finer", () => {
    const entry = entryOf("Qwen/QwQ-32B");
    const types = new Map(layoutTensors(entry, "Q4_K_M").map(({ name, type }) => [name, type]));
    const given = planCuts(entry, "Q4_K_M", { roomBytes: 16 * GB });
    for (const cut of given.cuts) {
      const finer = given
        .choose(cut)
        .filter((block) => types.get(`blk.${block}.ffn_down.weight`) === "Q6_K");
      expect(finer).toHaveLength(cut / 2);
    }
    expect(given.blockBytes.cut).toBeCloseTo(given.blockBytes.whole);
  });

  test("whole periods in their order, and the leading blocks first", () => {
    const hybrid = planCuts(entryOf("Qwen/Qwen3.5-35B-A3B"), "Q4_K_M", { roomBytes: 16 * GB });
    expect(hybrid.choose(8).map((block) => block % 4)).toEqual([0, 1, 2, 3, 0, 1, 2, 3]);
    const leads = planCuts(entryOf("deepseek-ai/DeepSeek-R1"), "Q4_K_M", { roomBytes: 60 * GB });
    expect(leads.choose(5).slice(0, 3)).toEqual([0, 1, 2]);
    expect(Math.min(...leads.choose(5).slice(3))).toBeGreaterThanOrEqual(3);
  });

  test("no room for a few blocks is an answer", () => {
    expect(() => planCuts(entryOf("Qwen/QwQ-32B"), "Q4_K_M", { roomBytes: GB })).toThrow(
      expect.objectContaining({ code: "does_not_fit" }),
    );
  });
});

const plan: CutPlan = {
  blocks: 64,
  leading: 0,
  period: 1,
  cuts: [4, 16],
  choose: () => [],
  blockBytes: { whole: 300, cut: 300 },
};
const sample = (blocks: number, decodeMs: number, offloadedBlocks = 0): CutSample => ({
  blocks,
  offloadedBlocks,
  roundsMs: [decodeMs, decodeMs, decodeMs],
  deepDecodeMs: decodeMs + blocks * 0.5,
  depthTokens: 500,
  prefillMsPerToken: blocks * 3 + 1,
});

describe("a line through the cuts", () => {
  test("foretells QwQ-32B: 102 ms at 4 and 277 ms at 16 of 64 layers were 972 ms for all", () => {
    const told = solveCuts(plan, [sample(4, 102.2), sample(16, 276.7)], 0);
    expect(Math.abs(told.decodeMsPerToken / 972 - 1)).toBeLessThan(0.01);
  });

  test("the cache's term and the prompt's are extended too", () => {
    const told = solveCuts(plan, [sample(4, 102), sample(16, 277)], 0);
    expect(told.decodeMsPerCachedToken).toBeCloseTo((64 * 0.5) / 500);
    expect(told.prefillTokensPerSecond).toBeCloseTo(1000 / (64 * 3 + 1));
  });

  test("blocks of other quantizations are scaled by their bytes; the rest is not", () => {
    const finer = { ...plan, blockBytes: { whole: 330, cut: 300 } };
    const told = solveCuts(finer, [sample(4, 20 + 4 * 10), sample(16, 20 + 16 * 10)], 0);
    expect(told.decodeMsPerToken).toBeCloseTo(20 + 64 * 11);
    expect(told).toMatchObject({ blockMs: expect.closeTo(11), restMs: expect.closeTo(20) });
  });

  test("partly offloaded: a cost for a block on each side", () => {
    const cost = (cpu: number, gpu: number): number => 7 + 10 * cpu + 2 * gpu;
    const told = solveCuts(
      plan,
      [sample(8, cost(4, 4), 4), sample(16, cost(12, 4), 4), sample(16, cost(4, 12), 12)],
      40,
    );
    expect(told.decodeMsPerToken).toBeCloseTo(cost(24, 40));
  });

  test("rounds that differ widen the range, and no time is foretold below what was measured", () => {
    const quiet = solveCuts(plan, [sample(4, 100), sample(16, 280)], 0);
    const noisy = { ...sample(16, 280), roundsMs: [270, 280, 290] };
    expect(solveCuts(plan, [sample(4, 100), noisy], 0).relativeError).toBeGreaterThan(
      quiet.relativeError,
    );
    expect(solveCuts(plan, [sample(4, 50), sample(16, 40)], 0).decodeMsPerToken).toBe(50);
  });

  test("a model of one cut is what was measured", () => {
    const one = { ...plan, blocks: 1, cuts: [1] };
    expect(solveCuts(one, [sample(1, 30)], 0).decodeMsPerToken).toBe(30);
  });
});
