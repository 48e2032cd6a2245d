import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import type { ModelEntry } from "@qwq-fit/schema";
import type { Llama } from "node-llama-cpp";
import { getLlama, LlamaLogLevel } from "node-llama-cpp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { PLANNED_ARCHITECTURES } from "../layout/plan-tensors.ts";
import { kvBytesPerToken, stateBytesPerSequence } from "../profile/cache-size.ts";
import { modelFromEntry } from "../profile/from-entry.ts";
import { tinyEntries } from "../test-support/tiny-entries.ts";
import { readModelFile } from "./open-file.ts";
import { writeSparseGguf } from "./write-sparse.ts";

const CONTEXT_TOKENS = 1024;
const directory = mkdtempSync(path.join(tmpdir(), "architectures-"));
const log: string[] = [];
let llama: Llama;

beforeAll(async () => {
  llama = await getLlama({
    build: "never",
    gpu: false,
    maxThreads: 1,
    logLevel: LlamaLogLevel.debug,
    logger: (_level, message) => log.push(message),
  });
});

afterAll(async () => {
  await llama.dispose();
  rmSync(directory, { recursive: true, force: true });
});

/** Sum of what the engine printed for a buffer: "CPU KV buffer size =    96.00 MiB". */
function loggedMiB(buffer: string): number {
  const pattern = new RegExp(`${buffer} buffer size =\\s*([\\d.]+) MiB`);
  return log.reduce((sum, line) => sum + Number(pattern.exec(line)?.[1] ?? 0), 0);
}

const CASES: readonly (readonly [string, ModelEntry])[] = tinyEntries().map((entry) => [
  `${entry.architecture} of ${String(entry.hyperparameters["block_count"])} blocks`,
  entry,
]);

describe("a sparse file of each architecture in the real engine", () => {
  test("all are tried", () => {
    const tried = new Set(CASES.map(([, entry]) => entry.architecture));
    expect([...tried].toSorted()).toEqual([...PLANNED_ARCHITECTURES].toSorted());
  });

  test.each(CASES)("%s", async (_, entry) => {
    const file = path.join(directory, "tiny.gguf");
    await writeSparseGguf(file, entry, { quantization: "Q4_K_M" });
    const profile = await readModelFile(file);
    const computed = modelFromEntry(entry, { quantizations: ["Q4_K_M"] });
    expect(profile.blocks).toEqual(computed.blocks);
    expect(profile.weights[0]?.tensors).toEqual(computed.weights[0]?.tensors);
    expect(profile.weights[0]?.quantization).toBe("Q4_K_M");

    log.length = 0;
    const model = await llama.loadModel({ modelPath: file });
    const context = await model.createContext({
      contextSize: CONTEXT_TOKENS,
      batchSize: 64,
      threads: 1,
      swaFullCache: true,
    });
    const sequence = context.getSequence();
    await sequence.evaluateWithoutGeneratingNewTokens(model.tokenize("some text"));
    expect(sequence.nextTokenIndex).toBeGreaterThan(3);
    await model.dispose();
    const mebibytes = (bytes: number): number => bytes / 2 ** 20;
    expect(loggedMiB("KV")).toBeCloseTo(
      mebibytes(kvBytesPerToken(profile, "f16") * CONTEXT_TOKENS),
      2,
    );
    expect(loggedMiB("RS")).toBeCloseTo(mebibytes(stateBytesPerSequence(profile)), 1);
  });
});
