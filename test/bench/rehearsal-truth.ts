// A rehearsal against the whole layout, on this machine, in one run:
//   node test/bench/rehearsal-truth.ts [--model Qwen/QwQ-32B] [--quantization Q4_K_M] [--threads 2]
// The whole file is sparse, but the engine allocates and computes all of it: QwQ-32B takes 20 GB of memory.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { type EngineSettings, createChildEngine, rehearse } from "@qwq-fit/engine";
import { writeSparseGguf } from "@qwq-fit/models/node";
import type { ModelEntry } from "@qwq-fit/schema";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "Qwen/QwQ-32B" },
    quantization: { type: "string", default: "Q4_K_M" },
    threads: { type: "string", default: "2" },
    tokens: { type: "string", default: "8" },
  },
});
const profile = join(import.meta.dirname, "..", "..", "profiles", "models", `${values.model}.json`);
const entry = JSON.parse(readFileSync(profile, "utf8")) as ModelEntry;
const resolved = createRequire(
  join(import.meta.dirname, "..", "..", "packages", "engine", "package.json"),
);
const bindingFolder = dirname(dirname(resolved.resolve("node-llama-cpp")));
const settings: EngineSettings = {
  backend: "cpu",
  contextTokens: 1024,
  sequences: 1,
  batchTokens: 512,
  threads: Number(values.threads),
  mmap: false,
  kvCacheType: "f16",
  flashAttention: true,
  offloadedLayers: 0,
  expertsOnCpu: false,
  repack: true,
  loras: [],
  yarn: null,
};
const engineOptions = { bindingFolder, engineVersion: "3.22.1" };

const told = await rehearse({
  entry,
  quantization: values.quantization,
  settings,
  engine: engineOptions,
});
console.log(
  `rehearsed: ${told.decodeMsPerToken.toFixed(0)} ms a token (±${(100 * told.relativeError).toFixed(0)} %), reads ${told.prefillTokensPerSecond.toFixed(2)} tokens/s, from ${told.cuts.cuts.join(" and ")} of ${told.cuts.blocks} blocks in ${(told.elapsedMs / 1000).toFixed(0)} s`,
);

const folder = mkdtempSync(join(tmpdir(), "qwq-fit-truth-"));
try {
  const modelPath = join(folder, "whole.gguf");
  await writeSparseGguf(modelPath, entry, { quantization: values.quantization });
  const engine = await createChildEngine({
    ...engineOptions,
    modelPath,
    settings,
    watchdog: { silenceMs: 600_000, batchMs: 600_000 },
    replan: () => null,
  });
  try {
    const loadedMs = performance.now();
    await engine.whenReady();
    console.log(`whole: loaded in ${((performance.now() - loadedMs) / 1000).toFixed(0)} s`);
    const gaps: number[] = [];
    let lastMs = 0;
    let prefillMs = Number.NaN;
    const tokens = Array.from({ length: 32 }, (_, i) => 300 + i);
    const maxTokens = Number(values.tokens) + 1;
    for await (const event of engine.generate({
      prompt: { kind: "tokens", tokens },
      maxTokens,
      ignoreEnd: true,
      sampling: { temperature: 0 },
    })) {
      if (event.type === "end" && event.timings !== null) ({ prefillMs } = event.timings);
      if (event.type !== "token") continue;
      const nowMs = performance.now();
      if (lastMs > 0) gaps.push(nowMs - lastMs);
      lastMs = nowMs;
    }
    const truth = gaps.toSorted((a, b) => a - b)[gaps.length >> 1] ?? Number.NaN;
    const off = told.decodeMsPerToken / truth - 1;
    console.log(
      `whole: ${truth.toFixed(0)} ms a token; the rehearsal is off by ${(100 * off).toFixed(1)} %. It read ${(32_000 / prefillMs).toFixed(2)} tokens/s of a short prompt`,
    );
  } finally {
    await engine.close();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
