import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import type { Llama } from "node-llama-cpp";
import { getLlama } from "node-llama-cpp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { cutEntry } from "../layout/cut-entry.ts";
import { modelFromEntry } from "../profile/from-entry.ts";
import { catalogEntry } from "../test-support/catalog-entries.ts";
import { readModelFile } from "./open-file.ts";
import { writeSparseGguf } from "./write-sparse.ts";

const directory = mkdtempSync(path.join(tmpdir(), "sparse-"));
let llama: Llama;
let log: string[] = [];

beforeAll(async () => {
  const logger = (_level: unknown, message: string): number => log.push(message);
  llama = await getLlama({ build: "never", gpu: false, maxThreads: 1, logger });
});

afterAll(async () => {
  await llama.dispose();
  rmSync(directory, { recursive: true, force: true });
});

/** Models and quantizations that the real engine is to load: small ones, or cut to two blocks. */
const CASES: readonly (readonly [string, string, number])[] = [
  ["Qwen/QwQ-32B", "Q4_K_M", 2],
  ["Qwen/Qwen2.5-0.5B-Instruct", "Q2_K", 2],
  ["Qwen/Qwen3-0.6B", "IQ4_XS", 2],
  ["meta-llama/Llama-3.2-1B-Instruct", "Q5_K_S", 2],
];

describe("a sparse file in the real engine", () => {
  test.each(CASES)("%s %s cut to %i blocks", async (id, quantization, blocks) => {
    const entry = catalogEntry(id);
    const file = path.join(directory, `${path.basename(id)}.gguf`);
    const written = await writeSparseGguf(file, entry, { quantization, blocks });
    expect(written.allocatedBytes).toBeLessThan(40e6);
    log = [];
    const model = await llama.loadModel({ modelPath: file, useMmap: true });
    expect(model.fileInfo.metadata.general.architecture).toBe(entry.architecture);
    const context = await model.createContext({ contextSize: 256, batchSize: 64, threads: 1 });
    const sequence = context.getSequence();
    await sequence.evaluateWithoutGeneratingNewTokens(model.tokenize("a"));
    expect(sequence.nextTokenIndex).toBeGreaterThan(0);
    await model.dispose();
    const profile = await readModelFile(file);
    const computed = modelFromEntry(cutEntry(entry, blocks), { quantizations: [quantization] });
    expect(profile.blocks).toEqual(computed.blocks);
    expect(profile.weights[0]?.tensors).toEqual(computed.weights[0]?.tensors);
    expect(profile.weights[0]?.quantization).toBe(quantization);
    expect(profile.parameters).toBe(computed.parameters);
  });
});
