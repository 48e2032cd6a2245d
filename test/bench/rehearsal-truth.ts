// Rehearsals against the whole layouts, on this machine; prints the table of the README:
//   node test/bench/rehearsal-truth.ts [--model Qwen/QwQ-32B --quantization Q4_K_M]... [--runs 5] [--threads 2] [--json]
// Each run rehearses and then loads the whole file. It is sparse, but the engine allocates and computes all of it:
// QwQ-32B takes 20 GB of memory. The machine must have nothing else to do.
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
    model: { type: "string", multiple: true, default: ["Qwen/QwQ-32B"] },
    quantization: { type: "string", multiple: true, default: ["Q4_K_M"] },
    threads: { type: "string", default: "2" },
    runs: { type: "string", default: "1" },
    tokens: { type: "string", default: "14" },
    prompt: { type: "string", default: "256" },
    json: { type: "boolean", default: false },
  },
});
const root = join(import.meta.dirname, "..", "..");
const resolved = createRequire(join(root, "packages", "engine", "package.json"));
const engineOptions = {
  bindingFolder: dirname(dirname(resolved.resolve("node-llama-cpp"))),
  engineVersion: "3.22.1",
};
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
const FIRST_ID = 300;
const EVENLY = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [FIRST_ID + i, 100]));

interface Measured {
  readonly decodeMs: number;
  readonly prefillPerSecond: number;
  readonly elapsedMs: number;
}

/** As the rehearsal takes it: what else runs makes tokens slower, and nothing makes them faster. */
const undisturbed = (given: readonly number[]): number =>
  given.toSorted((a, b) => a - b)[given.length >> 2] ?? Number.NaN;

/** The whole layout: three short prompts and their decode, then two prompts as long as the rehearsal's. */
async function truth(entry: ModelEntry, quantization: string): Promise<Measured> {
  const startedMs = performance.now();
  const folder = mkdtempSync(join(tmpdir(), "qwq-fit-truth-"));
  try {
    const modelPath = join(folder, "whole.gguf");
    await writeSparseGguf(modelPath, entry, { quantization });
    const engine = await createChildEngine({
      ...engineOptions,
      modelPath,
      settings,
      watchdog: { silenceMs: 600_000, batchMs: 600_000 },
      replan: () => null,
    });
    try {
      await engine.whenReady();
      const ask = async (promptTokens: number, salt: number): Promise<[number, number]> => {
        const tokens = Array.from(
          { length: promptTokens },
          (_, i) => FIRST_ID + ((i * 7 + salt) % 2000),
        );
        const gaps: number[] = [];
        let lastMs = 0;
        let prefillMs = Number.NaN;
        for await (const event of engine.generate({
          prompt: { kind: "tokens", tokens },
          maxTokens: Number(values.tokens),
          ignoreEnd: true,
          sampling: { temperature: 1, seed: salt, logitBias: EVENLY },
        })) {
          if (event.type === "end" && event.timings !== null) ({ prefillMs } = event.timings);
          if (event.type !== "token") continue;
          const nowMs = performance.now();
          if (lastMs > 0) gaps.push(nowMs - lastMs);
          lastMs = nowMs;
        }
        return [undisturbed(gaps), prefillMs];
      };
      await ask(24, 1);
      const decoded: number[] = [];
      for (let round = 0; round < 3; round++) decoded.push((await ask(8, 2 + round))[0]);
      const decodeMs = decoded.toSorted((a, b) => a - b)[1] ?? Number.NaN;
      const read = [await ask(Number(values.prompt), 11), await ask(Number(values.prompt), 12)];
      const prefillMs = ((read[0]?.[1] ?? 0) + (read[1]?.[1] ?? 0)) / 2;
      return {
        decodeMs,
        prefillPerSecond: (Number(values.prompt) * 1000) / prefillMs,
        elapsedMs: performance.now() - startedMs,
      };
    } finally {
      await engine.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const percent = (share: number): string =>
  `${share < 0 ? "−" : "+"}${Math.abs(100 * share).toFixed(1)} %`;

console.log(
  "| model | blocks of | decode foretold | decode of the whole | off | prompt foretold | prompt of the whole | off | took |\n| --- | --- | --: | --: | --: | --: | --: | --: | --: |",
);
for (const [i, model] of values.model.entries()) {
  const quantization = values.quantization[i] ?? values.quantization.at(-1) ?? "Q4_K_M";
  const entry = JSON.parse(
    readFileSync(join(root, "profiles", "models", `${model}.json`), "utf8"),
  ) as ModelEntry;
  for (let run = 0; run < Number(values.runs); run++) {
    const told = await rehearse({ entry, quantization, settings, engine: engineOptions });
    const was = await truth(entry, quantization);
    if (values.json) console.log(JSON.stringify({ model, quantization, told, was }));
    const cells = [
      `${entry.name} ${quantization}`,
      `${told.cuts.cuts.join(" and ")} of ${told.cuts.blocks}`,
      `${told.decodeMsPerToken.toFixed(1)} ms`,
      `${was.decodeMs.toFixed(1)} ms`,
      percent(told.decodeMsPerToken / was.decodeMs - 1),
      `${told.prefillTokensPerSecond.toFixed(1)}/s`,
      `${was.prefillPerSecond.toFixed(1)}/s`,
      percent(told.prefillTokensPerSecond / was.prefillPerSecond - 1),
      `${(told.elapsedMs / 1000).toFixed(0)} s`,
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
}
