import { expect, test } from "vitest";
import type { EngineSettings } from "../engine-settings.ts";
import { SCRIPTED_SETTINGS } from "../testing/loaded-scripted.ts";
import { exitReason } from "./exit-reason.ts";
import { stepDown } from "./step-down.ts";

test("each step asks for less, in the promised order, and they end on the CPU", () => {
  let at: EngineSettings | null = {
    ...SCRIPTED_SETTINGS,
    backend: "vulkan",
    offloadedLayers: 6,
    sequences: 2,
    contextTokens: 8192,
  };
  const steps: string[] = [];
  while (at !== null) {
    const { backend, offloadedLayers, sequences, contextTokens, kvCacheType } = at;
    steps.push([backend, offloadedLayers, sequences, contextTokens, kvCacheType].join(" "));
    at = stepDown(at);
  }
  expect(steps).toEqual([
    "vulkan 6 2 8192 f16",
    "vulkan 3 2 8192 f16",
    "vulkan 1 2 8192 f16",
    "vulkan 1 1 8192 f16",
    "vulkan 1 1 4096 f16",
    "vulkan 1 1 2048 f16",
    "vulkan 1 1 2048 q8_0",
    "vulkan 1 1 2048 q4_0",
    "cpu 0 1 2048 q4_0",
  ]);
});

test.each([
  ["a kill from outside", { signal: "SIGKILL" }, 3, 3, false, false],
  ["a kill for want of memory", { signal: "SIGKILL" }, 3, 4, false, true],
  ["a kill while loading, where nobody counts", { signal: "SIGKILL" }, null, null, true, true],
  ["a fault of the driver", { signal: "SIGSEGV" }, 3, 3, false, true],
  ["an exit with an error", { code: 1 }, 3, 3, false, true],
] as const)("%s", (_, exit, before, after, loading, blamesPlan) => {
  const whole = { code: null, signal: null, watchdog: null, tail: "", ...exit };
  expect(exitReason(whole, loading, before, after).blamesPlan).toBe(blamesPlan);
});
