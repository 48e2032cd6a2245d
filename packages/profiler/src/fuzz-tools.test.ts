import { describe, expect, test } from "vitest";
import { fuzzTools, machineOf, probeHostile } from "./test-support/fuzz-tools.ts";
import { GARBAGE } from "./test-support/mutate.ts";
import { TOOL_SAMPLES } from "./test-support/tool-samples.ts";

test("the samples are read: each maker's device is there before anything is changed", async () => {
  const { devices, engines, memory } = await probeHostile(machineOf(TOOL_SAMPLES, "linux"));
  expect(new Set(devices.map(({ vendor }) => vendor))).toEqual(
    new Set([
      "nvidia",
      "amd",
      "intel",
      "huawei",
      "moore-threads",
      "cambricon",
      "hygon",
      "metax",
      "iluvatar",
      "sophgo",
      "biren",
    ]),
  );
  expect(devices.every(({ memoryBytes }) => memoryBytes !== null)).toBe(true);
  expect(engines.map(({ engine }) => engine)).toEqual(["ollama", "llama-server"]);
  expect(memory.limitBytes).toBe(8589934592);
});

test("1,000 machines of changed texts: a valid profile each, in time", async () => {
  const report = await fuzzTools(1000, 20_261_123);
  expect(report.devices).toBeGreaterThan(1000);
  expect(report.warnings).toBeGreaterThan(1000);
  expect(report.slowestMs).toBeLessThan(5000);
});

describe("garbage in place of every tool, file and answer", () => {
  test.each(GARBAGE.map((text) => [text.slice(0, 40), text] as const))("%j", async (_, text) => {
    const started = performance.now();
    for (const platform of ["linux", "darwin", "win32"]) {
      const texts = Object.fromEntries(Object.keys(TOOL_SAMPLES).map((key) => [key, text]));
      const { devices } = await probeHostile(machineOf(texts, platform));
      expect(devices.filter(({ memoryBytes }) => memoryBytes !== null)).toEqual([]);
    }
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
