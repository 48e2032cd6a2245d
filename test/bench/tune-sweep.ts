// `rehearse --tune` against a sweep of all settings over the whole layout, on this machine:
//   node test/bench/tune-sweep.ts [--model Qwen/Qwen2.5-0.5B-Instruct] [--quantization Q4_0]
// Prints the speed of the tuned settings, of the engine's own choice and of the best of the sweep, for one answer.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { type EngineSettings, createChildEngine } from "@qwq-fit/engine";
import { writeSparseGguf } from "@qwq-fit/models/node";
import type { HardwareProfile, ModelEntry, Workload } from "@qwq-fit/schema";
import { engineDefault, tune } from "../../packages/qwq-fit/src/rehearse/tune.ts";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "Qwen/Qwen2.5-0.5B-Instruct" },
    quantization: { type: "string", default: "Q4_0" },
    rounds: { type: "string", default: "2" },
  },
});
const root = join(import.meta.dirname, "..", "..");
const entry = JSON.parse(
  readFileSync(join(root, "profiles", "models", `${values.model}.json`), "utf8"),
) as ModelEntry;
const resolved = createRequire(join(root, "packages", "engine", "package.json"));
const engine = {
  bindingFolder: dirname(dirname(resolved.resolve("node-llama-cpp"))),
  engineVersion: "3.22.1",
};
const cores = availableParallelism();
// What `tune` asks of a machine and of a workload.
const hardware = { cpu: { physicalCores: cores, usableCores: cores } } as HardwareProfile;
const workload = { promptTokens: 256, reasoningTokens: 512, answerTokens: 256 } as Workload;
const start: EngineSettings = {
  backend: "cpu",
  contextTokens: 1024,
  sequences: 1,
  batchTokens: 512,
  threads: cores,
  mmap: false,
  kvCacheType: "f16",
  flashAttention: true,
  offloadedLayers: 0,
  expertsOnCpu: false,
  repack: true,
  loras: [],
  yarn: null,
};
const folder = mkdtempSync(join(tmpdir(), "qwq-fit-sweep-"));
const modelPath = join(folder, "whole.gguf");
await writeSparseGguf(modelPath, entry, { quantization: values.quantization });

/** Ms of an answer of the workload, by the whole layout's own speed with these settings. */
async function measured(settings: EngineSettings): Promise<number> {
  const child = await createChildEngine({ ...engine, modelPath, settings, replan: () => null });
  try {
    await child.whenReady();
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round <= Number(values.rounds); round++) {
      const gaps: number[] = [];
      let lastMs = 0;
      let prefillMs = Number.NaN;
      const tokens = Array.from({ length: 256 }, (_, i) => 300 + ((i * 7 + round * 13) % 2000));
      // oxlint-disable-next-line no-await-in-loop
      for await (const event of child.generate({
        prompt: { kind: "tokens", tokens },
        maxTokens: 24,
        ignoreEnd: true,
        sampling: { temperature: 0 },
      })) {
        if (event.type === "end" && event.timings !== null) ({ prefillMs } = event.timings);
        if (event.type !== "token") continue;
        const nowMs = performance.now();
        if (lastMs > 0) gaps.push(nowMs - lastMs);
        lastMs = nowMs;
      }
      const gap = gaps.toSorted((a, b) => a - b)[gaps.length >> 2] ?? Number.NaN;
      if (round > 0) best = Math.min(best, prefillMs + gap * 768);
    }
    return best;
  } finally {
    await child.close();
  }
}

try {
  const { settings: tuned } = await tune(
    { entry, quantization: values.quantization, settings: start, engine },
    hardware,
    workload,
    () => {},
  );
  const sweep = [1, cores].flatMap((threads) =>
    [128, 512, 1024].flatMap((batchTokens) =>
      [true, false].map((flashAttention) => ({ ...start, threads, batchTokens, flashAttention })),
    ),
  );
  let best = { ms: Number.POSITIVE_INFINITY, settings: start };
  for (const settings of sweep) {
    // oxlint-disable-next-line no-await-in-loop
    const ms = await measured(settings);
    if (ms < best.ms) best = { ms, settings };
  }
  const own = await measured({ ...start, ...engineDefault(start, hardware) });
  const ours = await measured(tuned);
  const told = ({ threads, batchTokens, flashAttention }: EngineSettings): string =>
    `${threads} threads, batch ${batchTokens}, flash attention ${flashAttention ? "on" : "off"}`;
  console.log("| settings | an answer | of the best |\n| --- | --: | --: |");
  console.log(
    `| best of ${sweep.length}: ${told(best.settings)} | ${best.ms.toFixed(0)} ms | 100 % |`,
  );
  console.log(
    `| tuned: ${told(tuned)} | ${ours.toFixed(0)} ms | ${((100 * best.ms) / ours).toFixed(1)} % |`,
  );
  console.log(
    `| the engine's own | ${own.toFixed(0)} ms | ${((100 * best.ms) / own).toFixed(1)} % |`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
