import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ModelEntry, QwqError } from "@qwq-fit/schema";
import { afterEach, beforeEach, expect, test } from "vitest";
import { developmentBinding } from "../testing/native-binding.ts";
import { rehearse, type RehearsalProgress, type RehearseOptions } from "./rehearse.ts";

const profile = new URL(
  "../../../../profiles/models/Qwen/Qwen2.5-0.5B-Instruct.json",
  import.meta.url,
);
const entry: ModelEntry = JSON.parse(readFileSync(profile, "utf8"));

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "qwq-fit-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const options = (): RehearseOptions => ({
  entry,
  quantization: "Q4_0",
  settings: {
    backend: "cpu",
    contextTokens: 4096,
    sequences: 1,
    batchTokens: 128,
    threads: 1,
    mmap: false,
    kvCacheType: "f16",
    flashAttention: true,
    offloadedLayers: 0,
    expertsOnCpu: false,
    repack: true,
    loras: [],
    yarn: null,
  },
  engine: { bindingFolder: developmentBinding(), engineVersion: "3.22.1" },
  measure: { promptTokens: 16, depthTokens: 24, decodeTokens: 4, runs: 1, budgetMs: 100 },
  folder,
});

test("cut files are run by the real engine, and nothing is left behind", async () => {
  const steps: RehearsalProgress[] = [];
  const result = await rehearse({ ...options(), onProgress: (step) => steps.push(step) });
  expect(result.cuts.cuts).toEqual([12, 24]);
  expect(result.samples.map((sample) => sample.blocks)).toEqual([12, 24]);
  expect(result.decodeMsPerToken).toBeGreaterThan(0);
  expect(result.prefillTokensPerSecond).toBeGreaterThan(0);
  expect(steps.map(({ step }) => step)).toEqual(["write", "write", "load", "load", "measure"]);
  expect(steps.map(({ done, total }) => [done, total])).toEqual(
    Array.from({ length: 5 }, (_, i) => [i, 5]),
  );
  // Layout and vocabulary are 200 MB and more as they are shown; the holes take nothing.
  expect(result.diskBytes).toBeLessThan(32 * 1024 * 1024);
  expect(readdirSync(folder)).toEqual([]);
}, 120_000);

test("partly offloaded: three cuts, from which each side's cost is told", async ({ skip }) => {
  const given = options();
  const settings = { ...given.settings, backend: "vulkan" as const, offloadedLayers: 10 };
  // Room for one and two blocks.
  const result = await rehearse({ ...given, settings, roomBytes: 325e6 }).catch(
    (error: unknown) => {
      if (QwqError.is(error, "engine_failed") && /vulkan/iu.test(error.message)) return null;
      throw error;
    },
  );
  if (result === null) {
    skip("the engine finds no Vulkan device here (Debian: mesa-vulkan-drivers)");
    return;
  }
  expect(result.samples.map(({ blocks, offloadedBlocks }) => [blocks, offloadedBlocks])).toEqual([
    [2, 1],
    [3, 1],
    [3, 2],
  ]);
  expect(["zeros", "random"]).toContain(result.fill);
  expect(result.decodeMsPerToken).toBeGreaterThan(0);
  expect(readdirSync(folder)).toEqual([]);
}, 180_000);

test("an abort leaves nothing", async () => {
  const stop = new AbortController();
  const running = rehearse({
    ...options(),
    signal: stop.signal,
    onProgress: ({ step }) => {
      if (step === "measure") stop.abort();
    },
  });
  await expect(running).rejects.toMatchObject({ code: "aborted" });
  expect(readdirSync(folder)).toEqual([]);
}, 120_000);
