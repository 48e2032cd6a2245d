import { describe, expect, test } from "vitest";
import { componentSeconds } from "../../packages/planner/src/speed/speed-components.ts";
import { conformalQuantile } from "./conformal.ts";
import { describeRun } from "./describe-run.ts";
import { loadCatalog } from "./fitted.ts";
import { readRow } from "./measurement-file.ts";
import { findEntry } from "./resolve-model.ts";
import { type Observation, solve } from "./solve.ts";

const observed = (family: string, gigabytes: number, efficiency: number): Observation => {
  const reference = gigabytes / 100;
  return {
    id: `${family} ${gigabytes}`,
    measured: 0.001 + reference / efficiency,
    components: [
      { part: "layer", reference: 32, terms: [] },
      { part: "weights", reference, terms: [[`weights.family:${family}`, -1]] },
    ],
    weight: 1,
  };
};

describe("solve", () => {
  const sizes = [0.05, 0.2, 1, 4, 16, 32];
  const rows = [
    ...sizes.map((size) => observed("good", size, 0.9)),
    ...sizes.map((size) => observed("bad", size, 0.75)),
  ];
  const solution = solve(rows);
  const efficiency = (family: string): number =>
    1 /
    componentSeconds(
      { part: "weights", reference: 1, terms: [[`weights.family:${family}`, -1]] },
      solution,
    );

  test("finds the time of a block and the efficiency of each family", () => {
    expect(Math.exp(solution.intercepts.layer)).toBeCloseTo(0.001 / 32, 5);
    expect(efficiency("good")).toBeCloseTo(0.9, 1);
    expect(efficiency("bad")).toBeCloseTo(0.75, 1);
  });

  test("pulls a family without rows to the whole", () => {
    expect(efficiency("never seen")).toBeGreaterThan(efficiency("bad"));
    expect(efficiency("never seen")).toBeLessThan(efficiency("good"));
  });

  test("a broken row bends nothing", () => {
    const broken = { ...observed("good", 8, 0.9), measured: 1000 };
    const bent = solve([...rows, broken]);
    expect(bent.intercepts.layer).toBeCloseTo(solution.intercepts.layer, 1);
    expect(bent.intercepts.weights).toBeCloseTo(solution.intercepts.weights, 1);
  });

  test("is the same each time", () => {
    expect(solve(rows)).toEqual(solution);
  });
});

describe("conformal quantile", () => {
  const equal = (sizes: readonly number[]): { size: number; weight: number }[] =>
    sizes.map((size) => ({ size, weight: 1 }));

  test("is the ceil((n + 1) coverage)-th smallest of equal weights", () => {
    const sizes = equal([9, 1, 8, 2, 7, 3, 6, 4, 5]);
    expect(conformalQuantile(sizes, 0.8, 1)).toBe(8);
    expect(conformalQuantile(sizes, 0.5, 1)).toBe(5);
  });

  test("with too few rows for the coverage is the largest", () => {
    expect(conformalQuantile(equal([1, 2, 3]), 0.8, 1)).toBe(3);
  });
});

describe("what a row's metric means", () => {
  const run = (metric: string, context: number | null = null): ReturnType<typeof describeRun> => {
    const row = readRow({
      hardware: "x",
      model: "y",
      decode_tps: 1,
      metric,
      context_tokens: context,
    });
    if (row === null) throw new Error("the row was not read");
    return describeRun(row);
  };

  test("llama-bench generates into an empty cache", () => {
    const { depth, promptTokens, promptWithin } = run("llama-bench tg8192/pp1024");
    expect({ depth, promptTokens, promptWithin }).toEqual({
      depth: 4096,
      promptTokens: 1024,
      promptWithin: 0,
    });
  });

  test("a served run counts its prompt", () => {
    const served = run("batch 1, 2048 generated tokens after a prompt of context_tokens", 6144);
    expect(served.depth).toBe(6144 + 1024);
    expect(served.promptWithin).toBe(6144);
  });

  test("an aggregate is of all sequences", () => {
    const { sequences, aggregate, depth } = run(
      "AGGREGATE output tok/s, 60 concurrent, 3,500 in / 1,500 out",
    );
    expect({ sequences, aggregate, depth }).toEqual({
      sequences: 60,
      aggregate: true,
      depth: 4250,
    });
  });
});

describe("a model's name", () => {
  const { models } = loadCatalog();
  test.for([
    ["Llama-3-8B", "meta-llama/Llama-3.1-8B-Instruct"],
    ["R1-Distill-Qwen-14B", "deepseek-ai/DeepSeek-R1-Distill-Qwen-14B"],
    ["Qwen3-30B-A3B (SGLang)", "Qwen/Qwen3-30B-A3B"],
    ["Qwen2.5-Coder-32B", "Qwen/Qwen2.5-32B-Instruct"],
    ["Qwen3-Coder-30B-A3B-Instruct", "Qwen/Qwen3-30B-A3B"],
    ["DeepSeek-R1-671B", "deepseek-ai/DeepSeek-R1"],
    ["qwen/QwQ-32B", "Qwen/QwQ-32B"],
    ["meta-llama/Llama-3.3-70B-Instruct", "meta-llama/Llama-3.3-70B-Instruct"],
  ] as const)("%s is %s", ([name, id]) => {
    expect(findEntry(name, models)?.id).toBe(id);
  });

  test("of another shape is nobody's", () => {
    expect(findEntry("Mistral-7B", models)).toBeUndefined();
  });
});
