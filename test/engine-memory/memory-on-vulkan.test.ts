import { probeHardware } from "@qwq-fit/profiler";
import { describe, expect, test } from "vitest";

import { configuration as c, type HeldFile, holdAgainstEngine } from "./held-against-engine.ts";

const CONFIGURATIONS = [
  c(2048, 512, 1, "f16", true),
  c(3000, 512, 3, "f16", false),
  c(8192, 512, 1, "q8_0", true),
  c(4096, 128, 4, "q4_0", true),
];

const MODELS = [
  { model: "Qwen/Qwen2.5-0.5B-Instruct", quantization: "Q4_K_M", blocks: 6, mmap: true },
  { model: "Qwen/Qwen3-0.6B", quantization: "Q8_0", blocks: 4, mmap: false },
  { model: "meta-llama/Llama-3.2-1B-Instruct", quantization: "Q4_K_M", blocks: 4, mmap: true },
];

/** No layers, some, all blocks without the head, everything. */
const FILES: readonly HeldFile[] = MODELS.flatMap((model) =>
  [0, 2, model.blocks, model.blocks + 1].map((offloadedLayers) => ({
    ...model,
    offloadedLayers,
    backend: "vulkan" as const,
    configurations: CONFIGURATIONS,
  })),
);

/** Drivers differ in alignments of bytes; weights and caches are held to the print. */
const TOLERANCE = { mib: 0.0151, share: 0.02 };

describe("memory with a Vulkan device is what the engine prints", () => {
  test.for(FILES)(
    "$model $quantization, $offloadedLayers layers offloaded",
    async (held, { skip }) => {
      const hardware = await probeHardware();
      const result = await holdAgainstEngine(held, hardware, TOLERANCE);
      if (result === null)
        skip("the engine finds no Vulkan device here (Debian: mesa-vulkan-drivers)");
      expect(result).toEqual({ checked: CONFIGURATIONS.length, differences: [] });
    },
  );
});
