import { probeHardware } from "@qwq-fit/profiler";
import type { HardwareProfile } from "@qwq-fit/schema";
import { beforeAll, describe, expect, test } from "vitest";

import { configuration as c, type HeldFile, holdAgainstEngine } from "./held-against-engine.ts";

// Everything that a buffer depends on, in mixed pairs: contexts 2k to 32k and odd ones, batches of 128 and 512 and
// one beyond the context, 1, 3 and 4 sequences, cache types, flash attention on and off.
const SMALL = [
  c(2048, 512, 1, "f16", true),
  c(2048, 512, 1, "f16", false),
  c(4096, 128, 4, "q8_0", true),
  c(8192, 128, 1, "q4_0", true),
  c(3000, 512, 3, "f16", true),
  c(16_384, 128, 1, "f16", false),
];
const LONG = [
  c(32_768, 512, 1, "f16", true),
  c(32_768, 128, 1, "q8_0", true),
  c(32_768, 128, 1, "f16", false),
  c(16_384, 512, 1, "q4_0", true),
  c(2048, 4096, 1, "f16", true),
  c(5000, 500, 4, "f16", false),
];
const ODD = [
  c(2048, 512, 4, "f16", false),
  c(4096, 512, 4, "q4_0", true),
  c(1000, 300, 3, "q8_0", true),
  c(7777, 512, 1, "q8_0", true),
  c(300, 512, 4, "f16", true),
  c(8192, 512, 4, "f16", true),
];

const FILES: readonly HeldFile[] = [
  {
    model: "Qwen/Qwen2.5-0.5B-Instruct",
    quantization: "Q4_K_M",
    blocks: 24,
    mmap: true,
    configurations: SMALL,
  },
  {
    model: "Qwen/Qwen2.5-0.5B-Instruct",
    quantization: "Q8_0",
    blocks: 4,
    mmap: false,
    configurations: LONG,
  },
  {
    model: "Qwen/Qwen2.5-1.5B-Instruct",
    quantization: "Q2_K",
    blocks: 4,
    mmap: true,
    configurations: ODD,
  },
  {
    model: "Qwen/Qwen2.5-1.5B-Instruct",
    quantization: "F16",
    blocks: 2,
    mmap: false,
    configurations: SMALL,
  },
  {
    model: "Qwen/Qwen2.5-7B-Instruct",
    quantization: "Q4_0",
    blocks: 2,
    mmap: true,
    configurations: LONG,
  },
  { model: "Qwen/QwQ-32B", quantization: "Q4_K_M", blocks: 2, mmap: false, configurations: ODD },
  { model: "Qwen/QwQ-32B", quantization: "Q3_K_M", blocks: 2, mmap: true, configurations: SMALL },
  {
    model: "Qwen/Qwen3-0.6B",
    quantization: "Q4_K_M",
    blocks: 8,
    mmap: false,
    configurations: ODD,
  },
  { model: "Qwen/Qwen3-0.6B", quantization: "F16", blocks: 3, mmap: true, configurations: LONG },
  { model: "Qwen/Qwen3-4B", quantization: "Q6_K", blocks: 3, mmap: true, configurations: SMALL },
  { model: "Qwen/Qwen3-4B", quantization: "Q5_K_M", blocks: 3, mmap: false, configurations: ODD },
  { model: "Qwen/Qwen3-8B", quantization: "Q2_K", blocks: 2, mmap: false, configurations: LONG },
  {
    model: "meta-llama/Llama-3.2-1B-Instruct",
    quantization: "Q4_K_M",
    blocks: 4,
    mmap: true,
    configurations: SMALL,
  },
  {
    model: "meta-llama/Llama-3.2-1B-Instruct",
    quantization: "Q8_0",
    blocks: 2,
    mmap: true,
    configurations: ODD,
  },
  {
    model: "meta-llama/Llama-3.2-3B-Instruct",
    quantization: "Q3_K_M",
    blocks: 2,
    mmap: false,
    configurations: SMALL,
  },
  {
    model: "meta-llama/Llama-3.1-8B-Instruct",
    quantization: "Q4_K_M",
    blocks: 2,
    mmap: true,
    configurations: LONG,
  },
];

/** The engine prints two decimals; a column may sum two lines. */
const TOLERANCE = { mib: 0.0101, share: 0 };

describe("memory on the CPU is what the engine prints", () => {
  let hardware: HardwareProfile;
  beforeAll(async () => {
    hardware = await probeHardware();
  });

  test("at least 90 configurations are held", () => {
    const count = FILES.reduce((sum, { configurations }) => sum + configurations.length, 0);
    expect(count).toBeGreaterThanOrEqual(90);
  });

  test.each(FILES)("$model $quantization, mmap $mmap", async (held) => {
    const result = await holdAgainstEngine(held, hardware, TOLERANCE);
    expect(result).toEqual({ checked: held.configurations.length, differences: [] });
  });
});
