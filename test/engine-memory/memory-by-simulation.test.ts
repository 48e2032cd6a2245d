import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { readModelFile, writeSparseGguf } from "@qwq-fit/models/node";
import { MemoryEstimator } from "@qwq-fit/planner";
import { probeHardware } from "@qwq-fit/profiler";
import { describe, expect, test } from "vitest";

import { catalogEntry } from "./held-against-engine.ts";
import { simulateEngine } from "./simulation-job.ts";

const CONFIGURATIONS = [
  { contextTokens: 4096, batchTokens: 512, sequences: 1, kvCacheType: "f16", flashAttention: true },
  {
    contextTokens: 32_768,
    batchTokens: 512,
    sequences: 1,
    kvCacheType: "f16",
    flashAttention: false,
  },
  {
    contextTokens: 8192,
    batchTokens: 128,
    sequences: 3,
    kvCacheType: "q8_0",
    flashAttention: true,
  },
] as const;

/** Whole models, no weights. R1 in BF16: with Q8_0 matrices of attention the engine aborts on a CPU with AMX. */
const MODELS = [
  ["Qwen/Qwen3-30B-A3B", "Q4_K_M"],
  ["Qwen/Qwen3.5-27B", "Q4_K_M"],
  ["Qwen/Qwen3.5-35B-A3B", "Q4_K_M"],
  ["deepseek-ai/DeepSeek-R1", "BF16"],
  ["Qwen/QwQ-32B", "Q4_K_M"],
] as const;

describe("KV cache and compute are those of the engine's own simulation, to the byte", () => {
  test.each(MODELS)("%s %s", async (id, quantization) => {
    const folder = await mkdtemp(join(tmpdir(), "qwq-fit-memory-"));
    try {
      const file = join(folder, "model.gguf");
      await writeSparseGguf(file, catalogEntry(id), { quantization });
      const simulated = await simulateEngine({ file, configurations: CONFIGURATIONS });
      const model = await readModelFile(file);
      const [variant] = model.weights;
      if (variant === undefined) throw new Error("the file has no weights");
      const estimator = new MemoryEstimator(model, variant, await probeHardware());
      const ours = CONFIGURATIONS.map((configuration) => {
        const settings = {
          ...configuration,
          engineVersion: "3.22.1",
          backend: "cpu" as const,
          offloadedLayers: 0,
          mmap: false,
          threads: 1,
        };
        const [host] = estimator.estimate(settings).buffers;
        return (host?.kvCacheBytes ?? 0) + (host?.computeBytes ?? 0);
      });
      expect(ours).toEqual(simulated);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
