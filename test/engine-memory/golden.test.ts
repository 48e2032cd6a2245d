import { readFileSync } from "node:fs";
import { join } from "node:path";

import { modelFromEntry } from "@qwq-fit/models";
import { estimateMemory, type LlamaCppSettings, MemoryEstimator } from "@qwq-fit/planner";
import {
  GiB,
  type HardwareProfile,
  type MemoryReport,
  MiB,
  type ModelEntry,
  type ModelProfile,
  type WeightsVariant,
} from "@qwq-fit/schema";
import { describe, expect, test } from "vitest";

const AVX512 = ["avx", "avx2", "f16c", "fma", "bmi2", "avx512f", "avx512bw", "avx512vl"];

function machine(instructionSets: readonly string[], gpus = 0): HardwareProfile {
  return {
    schemaVersion: 1,
    label: "made for a test",
    os: {
      platform: "linux",
      name: "",
      version: "",
      kernel: "",
      architecture: "x64",
      container: null,
      wsl: null,
      rosetta: false,
    },
    cpu: {
      name: "",
      vendor: "",
      physicalCores: 8,
      logicalCores: 16,
      usableCores: 16,
      performanceCores: null,
      efficiencyCores: null,
      cacheBytes: { l1d: null, l2: null, l3: null },
      instructionSets,
      bandwidthBytesPerSecond: null,
    },
    memory: {
      totalBytes: 64 * GiB,
      availableBytes: 60 * GiB,
      limitBytes: 64 * GiB,
      limitSource: "machine",
      swapTotalBytes: 0,
      swapFreeBytes: 0,
    },
    devices: Array.from({ length: gpus }, (_, index) => ({
      id: `nvidia:${index}`,
      kind: "gpu",
      vendor: "nvidia",
      name: "NVIDIA GeForce RTX 4090",
      backends: ["cuda", "vulkan"],
      memoryBytes: 24 * GiB,
      freeBytes: (23 - 4 * index) * GiB,
      unified: false,
      memorySource: "made for a test",
      bandwidthBytesPerSecond: null,
      tensorFp16Flops: null,
      driver: null,
      computeCapability: null,
      pciAddress: null,
      processes: [],
      catalogId: null,
      unverified: false,
      notes: [],
    })),
    hostCount: 1,
    disk: null,
    power: { source: "mains", batteryPercent: null, loadWatts: null },
    priceUsd: null,
    engines: [],
    warnings: [],
  };
}

function catalogModel(
  id: string,
  quantization: string,
): { model: ModelProfile; variant: WeightsVariant } {
  const path = join(import.meta.dirname, "../../profiles/models", `${id}.json`);
  const entry: ModelEntry = JSON.parse(readFileSync(path, "utf8"));
  const model = modelFromEntry(entry, { quantizations: [quantization] });
  const [variant] = model.weights;
  if (variant === undefined) throw new Error(`${id} has no ${quantization}`);
  return { model, variant };
}

const DEFAULTS: LlamaCppSettings = {
  engineVersion: "v0.5.0",
  backend: "cpu",
  contextTokens: 8192,
  sequences: 1,
  batchTokens: 512,
  kvCacheType: "f16",
  flashAttention: true,
  offloadedLayers: 0,
  mmap: false,
  threads: 2,
};

function hostOf(report: MemoryReport): MemoryReport["devices"][number] {
  const host = report.devices.find(({ device }) => device === "host");
  if (host === undefined) throw new Error("no host");
  return host;
}

describe("QwQ-32B Q4_K_M, as the engine was seen to allocate it", () => {
  const { model, variant } = catalogModel("Qwen/QwQ-32B", "Q4_K_M");
  const estimate = (
    settings: Partial<LlamaCppSettings>,
    hardware = machine(AVX512),
  ): MemoryReport => estimateMemory(model, variant, { ...DEFAULTS, ...settings }, hardware);

  test("AVX-512 repacks 14,220 MiB of 18,926", () => {
    const host = hostOf(estimate({}));
    expect(host.repackedBytes / MiB).toBeCloseTo(14_220, 0);
    expect((host.weightsBytes + host.repackedBytes) / MiB).toBeCloseTo(18_926, 0);
  });

  test("mapped, the whole file stays beside the repacked copy", () => {
    const host = hostOf(estimate({ mmap: true }));
    expect(host.weightsBytes / MiB).toBeCloseTo(18_926, 0);
    expect(host.repackedBytes / MiB).toBeCloseTo(14_220, 0);
  });

  test("a CPU without AVX2 repacks nothing, and neither does --no-repack", () => {
    expect(hostOf(estimate({}, machine(["avx"]))).repackedBytes).toBe(0);
    expect(hostOf(estimate({ engine: "llama-server", repack: false })).repackedBytes).toBe(0);
  });

  // node-llama-cpp 3.22.1's simulation of the same header: KV and compute together, in GiB
  test.each([
    [8192, "f16", true, 2.3096],
    [32_768, "f16", true, 8.3096],
    [32_768, "q8_0", true, 4.5693],
    [32_768, "q4_0", true, 2.5693],
    [32_768, "f16", false, 10.6152],
    [131_072, "f16", true, 32.322],
  ] as const)(
    "context %i, %s, flash attention %s: %f GiB",
    (contextTokens, kvCacheType, flashAttention, gib) => {
      const host = hostOf(estimate({ contextTokens, kvCacheType, flashAttention }));
      expect((host.kvCacheBytes + host.computeBytes) / GiB).toBeCloseTo(gib, 3);
    },
  );

  test("a quantized cache without flash attention is refused", () => {
    expect(() => estimate({ kvCacheType: "q8_0", flashAttention: false })).toThrow(
      expect.objectContaining({ code: "unsupported_combination" }),
    );
  });
});

describe("what would end the engine's process is refused", () => {
  test("DeepSeek-R1 with Q8_0 attention matrices on a CPU with AMX", () => {
    const { model, variant } = catalogModel("deepseek-ai/DeepSeek-R1", "Q4_K_M");
    const amx = machine([...AVX512, "avx512_vnni", "amx_int8"]);
    expect(() => estimateMemory(model, variant, DEFAULTS, amx)).toThrow(
      expect.objectContaining({ code: "unsupported_combination" }),
    );
    const plain = { ...DEFAULTS, engine: "llama-server", repack: false } as const;
    expect(estimateMemory(model, variant, plain, amx).totalBytes).toBeGreaterThan(370 * GiB);
    expect(estimateMemory(model, variant, DEFAULTS, machine(AVX512)).totalBytes).toBeGreaterThan(
      370 * GiB,
    );
  });
});

describe("a few blocks stand for all", () => {
  const cases = [
    ["Qwen/QwQ-32B", "Q4_K_M"],
    ["meta-llama/Llama-3.1-8B-Instruct", "Q2_K"],
    ["Qwen/Qwen3-8B", "Q5_K_M"],
    ["Qwen/Qwen2.5-0.5B-Instruct", "Q4_K_M"],
    ["Qwen/Qwen3-30B-A3B", "Q4_K_M"],
    ["Qwen/Qwen3.5-27B", "Q4_K_M"],
    ["deepseek-ai/DeepSeek-R1", "Q4_K_M"],
  ] as const;
  test.each(cases)(
    "%s %s: the same compute buffers as the graph of all blocks",
    (id, quantization) => {
      const { model, variant } = catalogModel(id, quantization);
      for (const [backend, gpus] of [
        ["cpu", 0],
        ["cuda", 1],
        ["vulkan", 1],
        ["cuda", 2],
      ] as const) {
        const hardware = machine(AVX512, gpus);
        const few = new MemoryEstimator(model, variant, hardware);
        const all = new MemoryEstimator(model, variant, hardware, { wholeGraph: true });
        for (const [offloadedLayers, batchTokens] of [
          [0, 512],
          [7, 512],
          [20, 16],
          [99, 512],
        ] as const) {
          const flashAttention = offloadedLayers !== 7;
          const settings = {
            ...DEFAULTS,
            backend,
            offloadedLayers,
            batchTokens,
            flashAttention,
            mmap: true,
          };
          expect(few.estimate(settings).buffers).toEqual(all.estimate(settings).buffers);
        }
      }
    },
  );
});
