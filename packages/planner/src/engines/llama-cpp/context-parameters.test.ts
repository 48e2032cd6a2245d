import { describe, expect, test } from "vitest";

import { exampleQwq } from "../../fit/example-values.ts";
import { contextParameters } from "./context-parameters.ts";
import type { LlamaCppSettings } from "./llama-cpp-settings.ts";

const SETTINGS: LlamaCppSettings = {
  engineVersion: "v0.5.0",
  backend: "cpu",
  contextTokens: 3000,
  sequences: 3,
  batchTokens: 512,
  kvCacheType: "f16",
  flashAttention: true,
  offloadedLayers: 0,
  mmap: true,
  threads: 2,
};
const of = (settings: Partial<LlamaCppSettings>): ReturnType<typeof contextParameters> =>
  contextParameters({ ...SETTINGS, ...settings }, exampleQwq());

describe("contextParameters", () => {
  test("node-llama-cpp pads each sequence's context, and asks for the logits of a whole batch", () => {
    expect(of({})).toMatchObject({
      contextCells: 9216,
      streamCells: 3072,
      streams: 3,
      outputs: 512,
    });
  });

  test("llama-server pads the sum, and asks for one token's logits a slot", () => {
    expect(of({ engine: "llama-server" })).toMatchObject({
      contextCells: 9216,
      streamCells: 3072,
      outputs: 3,
    });
    expect(of({ engine: "llama-server", kvUnified: true })).toMatchObject({
      contextCells: 9216,
      streamCells: 9216,
      streams: 1,
    });
  });

  test("a batch is no longer than the context, and no shorter than the sequences", () => {
    expect(of({ contextTokens: 256, sequences: 1, batchTokens: 4096 }).batchTokens).toBe(256);
    expect(of({ batchTokens: 1 }).batchTokens).toBe(3);
  });

  test.each([
    [{ kvCacheType: "q8_0", flashAttention: false }, "unsupported_combination"],
    [{ contextTokens: 0 }, "invalid_value"],
    [{ sequences: 1.5 }, "invalid_value"],
    [{ sequences: 1000 }, "invalid_value"],
  ] as const)("%o is refused", (settings, code) => {
    expect(() => of(settings)).toThrow(expect.objectContaining({ code }));
  });
});
