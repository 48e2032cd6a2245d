import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import type { EngineSettings } from "@qwq-fit/engine";
import { DEFAULT_WORKLOAD, type HardwareProfile, type ModelEntry } from "@qwq-fit/schema";
import { expect, test } from "vitest";
import { changesFrom, engineDefault, tune } from "./tune.ts";

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

test("no rehearsal is begun that would end behind the limit", async () => {
  const profile = new URL(
    "../../../../profiles/models/Qwen/Qwen2.5-0.5B-Instruct.json",
    import.meta.url,
  );
  const entry = JSON.parse(readFileSync(profile, "utf8")) as ModelEntry;
  const tried: EngineSettings[] = [];
  const given = { ...settings, contextTokens: 512, threads: 1 };
  const { settings: kept } = await tune(
    {
      entry,
      quantization: "Q4_0",
      settings: given,
      engine: {
        bindingFolder: dirname(dirname(createRequire(import.meta.url).resolve("node-llama-cpp"))),
        engineVersion: "3.22.1",
      },
      measure: { promptTokens: 16, depthTokens: 16, decodeTokens: 3, runs: 1, budgetMs: 0 },
      roomBytes: 325e6,
      limitMs: 0,
    },
    hardware,
    DEFAULT_WORKLOAD,
    (one) => tried.push(one),
  );
  expect(tried).toEqual([given]);
  expect(kept).toEqual(given);
}, 120_000);
