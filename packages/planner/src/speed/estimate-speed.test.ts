import { describe, expect, test } from "vitest";

import { estimateSpeed } from "./estimate-speed.ts";
import type { SpeedDevice, SpeedInput } from "./speed-types.ts";

const device: SpeedDevice = {
  device: "nvidia:0",
  kind: "gpu",
  vendor: "NVIDIA",
  name: "NVIDIA GeForce RTX 3090",
  catalogId: null,
  family: null,
  backend: "cuda",
  bandwidthBytesPerSecond: { value: 936e9, source: "a data sheet" },
  tensorFp16Flops: { value: 142e12, source: "a data sheet" },
  cores: null,
  instructionSets: [],
  weightBytesByType: { Q4_K: 15e9, Q6_K: 4.4e9 },
  expertBytesByType: {},
  weightElements: 32e9,
  expertElements: 0,
  kvBytesPerCachedToken: 262_144,
  windows: [],
  stateBytes: 0,
  attentionFlopsPerCachedToken: 64 * 2 * 40 * 256,
  blocks: 64,
};

const input: SpeedInput = {
  model: {
    id: "Qwen/QwQ-32B",
    architecture: "qwen2",
    embeddingLength: 5120,
    blocks: 64,
    lightBlocks: 0,
    experts: null,
  },
  quantization: "Q4_K_M",
  engine: "llama-server",
  olderEngine: false,
  devices: [device],
  tensorParallel: 1,
  workload: {
    promptTokens: 1024,
    reasoningTokens: 4096,
    answerTokens: 512,
    contextTokens: 16_384,
    concurrency: 1,
  },
  kvCacheType: "f16",
  flashAttention: true,
  batchTokens: 512,
  measurement: null,
};

describe("without coefficients", () => {
  test("QwQ-32B on an RTX 3090 lies in the range", () => {
    const speed = estimateSpeed(input);
    // 34 tokens a second were measured with an empty cache
    expect(speed.decodeTokensPerSecond.low).toBeLessThan(30);
    expect(speed.decodeTokensPerSecond.high).toBeGreaterThan(30);
    expect(speed.decodeTokensPerSecond.method).toBe("predicted");
    expect(speed.decodeTokensPerSecond.sources).toEqual(["a data sheet"]);
  });

  test("no range passes the nominal bandwidth, and no prediction reaches it", () => {
    const { expected, high } = estimateSpeed(input).decodeTokensPerSecond;
    const bytes = 19.4e9 + 262_144 * (1024 + 2304);
    expect(high).toBeLessThan((1 + 1e-9) * (936e9 / bytes));
    expect(expected).toBeLessThan(936e9 / bytes);
  });

  test("a longer prompt makes decode slower and the first token later", () => {
    const longer = { ...input, workload: { ...input.workload, promptTokens: 8192 } };
    const [short, long] = [estimateSpeed(input), estimateSpeed(longer)];
    expect(long.decodeTokensPerSecond.expected).toBeLessThan(short.decodeTokensPerSecond.expected);
    expect(long.timeToFirstTokenMs.expected).toBeGreaterThan(7 * short.timeToFirstTokenMs.expected);
  });

  test("two devices that split the layers take one after the other", () => {
    const half = {
      ...device,
      weightBytesByType: { Q4_K: 7.5e9, Q6_K: 2.2e9 },
      weightElements: 16e9,
      kvBytesPerCachedToken: 131_072,
      blocks: 32,
    };
    const split = { ...input, devices: [half, { ...half, device: "nvidia:1" }] };
    const whole = estimateSpeed(input).decodeTokensPerSecond.expected;
    expect(estimateSpeed(split).decodeTokensPerSecond.expected).toBeCloseTo(whole, 9);
    // both cards read their half at once, but launch every block and exchange after it
    const both = { ...half, blocks: 64 };
    const parallel = {
      ...input,
      devices: [both, { ...both, device: "nvidia:1" }],
      tensorParallel: 2,
    };
    const together = estimateSpeed(parallel).decodeTokensPerSecond.expected;
    expect(together).toBeGreaterThan(1.5 * whole);
    expect(together).toBeLessThan(2 * whole);
  });

  test("a measurement of this machine stands above the prediction", () => {
    const measured = estimateSpeed({
      ...input,
      measurement: {
        schemaVersion: 1,
        method: "rehearsed",
        model: "Qwen/QwQ-32B",
        quantization: "Q4_K_M",
        engine: "llama-server",
        engineVersion: "v0.5.0",
        backend: "cuda",
        driver: null,
        machine: "a machine",
        settings: {
          threads: 1,
          batchTokens: 512,
          mmap: true,
          kvCacheType: "f16",
          flashAttention: true,
          offloadedLayers: 65,
          sequences: 1,
        },
        decodeMsPerToken: 30,
        decodeMsPerCachedToken: 0.001,
        prefillTokensPerSecond: 1024,
        relativeError: 0.05,
        takenAt: "2026-11-01",
      },
    });
    // 1024 tokens of prompt and half of 4608 generated ones are cached in the mean
    const step = 30 + 0.001 * (1024 + 2304);
    expect(measured.decodeTokensPerSecond.expected).toBeCloseTo(1000 / step, 9);
    expect(measured.decodeTokensPerSecond.method).toBe("rehearsed");
    expect(measured.decodeTokensPerSecond.high).toBeCloseTo(1050 / step, 9);
    expect(measured.timeToFirstTokenMs.expected).toBeCloseTo(1000 + 30 + 1.024, 9);
    expect(measured.timeToAnswerMs.expected).toBeCloseTo(1000 + 30 + 1.024 + 4608 * step, 6);
  });
});
