import { describe, expect, test } from "vitest";

import { modelFromEntry } from "./profile/from-entry.ts";
import { catalogEntries, catalogEntry } from "./test-support/catalog-entries.ts";

const entries = catalogEntries();

describe("the shipped catalogue of models", () => {
  test("no two models answer to one name", () => {
    const names = entries.flatMap((entry) => [
      ...new Set([entry.id, entry.name, ...entry.aliases].map((name) => name.toLowerCase())),
    ]);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  test.each(entries.map((entry) => [entry.id, entry] as const))("%s", (id, entry) => {
    expect(entry.sources.length).toBeGreaterThan(0);
    expect(entry.repositories.original).toBe(id);
    expect(entry.repositories.gguf.length).toBeGreaterThan(0);
    const model = modelFromEntry(entry);
    expect(model.parameters).toBe(entry.parameters);
    expect(model.activeParameters).toBe(entry.activeParameters);
    expect(model.blocks.length + model.predictionBlocks).toBe(entry.hyperparameters["block_count"]);
    expect(entry.kind.includes("moe")).toBe(model.experts !== null);
    expect(entry.kind.includes("hybrid")).toBe(
      model.blocks.some((block) => block.cache.kind === "recurrent"),
    );
    const sizes = model.weights
      .filter((variant) => variant.format === "gguf")
      .map((variant) => variant.tensorBytes);
    // Rows that 256 does not divide fall back to larger types, out of this order.
    const orderly = model.embeddingLength % 256 === 0;
    expect(sizes).toEqual(orderly ? sizes.toSorted((left, right) => right - left) : sizes);
    expect(sizes[0]).toBeGreaterThan(sizes.at(-1) ?? 0);
  });

  test("DeepSeek-R1's Q4_K_M is near the published 376.65 GiB", () => {
    const model = modelFromEntry(catalogEntry("deepseek-ai/DeepSeek-R1"), {
      quantizations: ["Q4_K_M"],
    });
    expect((model.weights[0]?.tensorBytes ?? 0) / 2 ** 30).toBeCloseTo(376.71, 2);
  });

  test("a Qwen3.8 file has its 866 tensors, and without prediction its published Q8_0 size", () => {
    const entry = catalogEntry("Qwen/Qwen3.8-27B");
    const tensors = modelFromEntry(entry).weights[0]?.tensors ?? [];
    expect(tensors).toHaveLength(866);
    const { nextn_predict_layers: _, ...values } = entry.hyperparameters;
    const trunk = { ...entry, hyperparameters: { ...values, block_count: 64 } };
    const bytes = modelFromEntry(trunk, { quantizations: ["Q8_0"] }).weights[0]?.tensorBytes ?? 0;
    // The file has a header and a tokenizer of 248,320 tokens besides.
    expect(28_595_763_552 - bytes).toBeGreaterThan(0);
    expect(28_595_763_552 - bytes).toBeLessThan(20e6);
  });

  test("twenty quantizations take a few milliseconds each", () => {
    const quantizations =
      "BF16 Q8_0 Q6_K Q5_K_M Q5_K_S Q5_0 Q5_1 Q4_K_M Q4_K_S Q4_0 Q4_1 IQ4_NL IQ4_XS Q3_K_L Q3_K_M Q3_K_S IQ3_M IQ3_S Q2_K F16".split(
        " ",
      );
    modelFromEntry(catalogEntry("Qwen/QwQ-32B-Preview"), { quantizations });
    const start = performance.now();
    const model = modelFromEntry(catalogEntry("Qwen/QwQ-32B"), { quantizations });
    // About 10 ms alone on the machine; ten times as much when others use it.
    expect(performance.now() - start).toBeLessThan(100);
    expect(model.weights.filter((variant) => variant.format === "gguf")).toHaveLength(20);
  });
});
