import { expect, test } from "vitest";

import { cutEntry } from "./layout/cut-entry.ts";
import { catalogEntry } from "./test-support/catalog-entries.ts";
import { fuzzGguf } from "./test-support/fuzz-gguf.ts";

const IDS = ["Qwen/QwQ-32B", "deepseek-ai/DeepSeek-R1", "Qwen/Qwen3.5-35B-A3B"];

test("1,000 mutated headers end in a profile or a typed error, soon and in little memory", async () => {
  const entries = IDS.map((id) => cutEntry(catalogEntry(id), 4));
  const report = await fuzzGguf(entries, 1000, 20_261_123);
  // All three ways are taken: else the mutations are too weak or too strong to try anything.
  expect(report.outcomes.get("invalid_gguf")).toBeGreaterThan(100);
  expect(report.outcomes.get("read")).toBeGreaterThan(50);
  expect(report.outcomes.get("unsupported_model")).toBeGreaterThan(50);
  expect(report.slowestMs).toBeLessThan(1000);
  expect(report.mostBytesRead).toBeLessThan(1e6);
});
