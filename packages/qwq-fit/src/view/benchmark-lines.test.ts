import { expect, test } from "vitest";
import { loadCatalog } from "../catalog/load-catalog.ts";
import { benchmarkLines } from "./benchmark-lines.ts";

test("scores stand side by side, and what was not read is marked", () => {
  const lines = benchmarkLines([
    { name: "A", benchmarks: [{ name: "AIME24", score: 79.5, source: "a page" }] },
    { name: "B" },
    {
      name: "C",
      benchmarks: [
        { name: "AIME24", score: 70, source: "memory", unverified: true },
        { name: "IFEval", score: 83, source: "a page" },
      ],
    },
  ]);
  expect(lines).toEqual([
    "AIME24  A 79.5, C 70*",
    "IFEval  C 83",
    "* from memory, unverified; of the full models",
  ]);
  expect(benchmarkLines([{ name: "B" }])).toEqual([]);
});

test("QwQ-32B's scores stand beside R1's and its distills'", async () => {
  const { models } = await loadCatalog({});
  const [aime] = benchmarkLines(models);
  expect(aime).toMatch(/^AIME24 .*QwQ-32B 79\.5.*DeepSeek-R1 671B 79\.8/u);
  expect(aime).toContain("DeepSeek-R1-Distill-Qwen-32B 72.6");
  // every score that is not marked names where it was read
  for (const { benchmarks = [] } of models)
    for (const { source, unverified } of benchmarks)
      expect(source.includes("unverified")).toBe(unverified === true);
});
