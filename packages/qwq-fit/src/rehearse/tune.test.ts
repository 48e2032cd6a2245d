import type { EngineSettings } from "@qwq-fit/engine";
import type { HardwareProfile } from "@qwq-fit/schema";
import { expect, test } from "vitest";
import { changesFrom, engineDefault } from "./tune.ts";

const settings: EngineSettings = {
  backend: "cpu",
  contextTokens: 4096,
  sequences: 1,
  batchTokens: 512,
  threads: 4,
  mmap: false,
  kvCacheType: "f16",
  flashAttention: true,
  offloadedLayers: 0,
  expertsOnCpu: false,
  repack: true,
  loras: [],
  yarn: null,
};
// Only what is asked of the machine.
const hardware = { cpu: { physicalCores: 8, usableCores: 8 } } as HardwareProfile;

test("the engine's own choice is tried first, then each setting for itself", () => {
  const groups = changesFrom(settings, hardware);
  expect(groups[0]).toEqual([{ threads: 8, batchTokens: 512, flashAttention: false }]);
  expect(groups.flat()).toEqual(
    expect.arrayContaining([
      { threads: 1 },
      { threads: 8 },
      { flashAttention: false },
      { batchTokens: 1024 },
    ]),
  );
});

test("a quantized cache keeps the flash attention that it needs", () => {
  const quantized: EngineSettings = { ...settings, kvCacheType: "q8_0" };
  expect(engineDefault(quantized, hardware).flashAttention).toBe(true);
  const flash = changesFrom(quantized, hardware)
    .flat()
    .map((change) => change.flashAttention);
  expect(flash).not.toContain(false);
});
