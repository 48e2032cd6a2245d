import { probeHardware } from "@qwq-fit/profiler";
import { describe, expect, test } from "vitest";

import { configuration as c, type HeldFile, holdAgainstEngine } from "./held-against-engine.ts";

const CONFIGURATIONS = [
  c(2048, 512, 1, "f16", true),
  c(3000, 512, 3, "f16", false),
  c(4096, 128, 4, "q4_0", true),
];

const SMALL = {
  model: "Qwen/Qwen2.5-0.5B-Instruct",
  quantization: "Q4_K_M",
  blocks: 6,
  mmap: true,
};
const NORMED = { model: "Qwen/Qwen3-0.6B", quantization: "Q8_0", blocks: 4, mmap: false };
const LLAMA = {
  model: "meta-llama/Llama-3.2-1B-Instruct",
  quantization: "Q8_0",
  blocks: 8,
  mmap: true,
};
const EXPERTS = { model: "Qwen/Qwen3-30B-A3B", quantization: "Q4_K_M", blocks: 2, mmap: true };

/** No layers, some, all blocks without the head, everything; and the software device twice, its inputs held four times in the end. */
const FILES: readonly (HeldFile & { devices: number; offloadedLayers: number })[] = [
  { ...SMALL, offloadedLayers: 0, devices: 1 },
  { ...SMALL, offloadedLayers: 2, devices: 1 },
  { ...SMALL, offloadedLayers: 6, devices: 1 },
  { ...SMALL, offloadedLayers: 7, devices: 1 },
  { ...NORMED, offloadedLayers: 0, devices: 1 },
  { ...NORMED, offloadedLayers: 3, devices: 1 },
  { ...NORMED, offloadedLayers: 5, devices: 1 },
  { ...EXPERTS, offloadedLayers: 2, devices: 1 },
  { ...LLAMA, offloadedLayers: 3, devices: 2 },
  { ...LLAMA, offloadedLayers: 9, devices: 2 },
].map((file) => ({ ...file, backend: "vulkan", configurations: CONFIGURATIONS }));

/** Drivers differ in alignments of bytes; weights and caches are held to the print. */
const TOLERANCE = { mib: 0.0151, share: 0.02 };

describe("memory with Vulkan devices is what the engine prints", () => {
  test.for(FILES)(
    "$model $quantization, $offloadedLayers layers on $devices",
    async (held, { skip }) => {
      const hardware = await probeHardware();
      const result = await holdAgainstEngine(held, hardware, TOLERANCE);
      if (result === null) {
        skip("the engine finds no Vulkan device here (Debian: mesa-vulkan-drivers)");
      }
      expect(result).toEqual({ checked: CONFIGURATIONS.length, differences: [] });
    },
  );
});
