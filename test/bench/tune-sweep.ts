// `rehearse --tune` against a sweep of all settings over the whole layout, on this machine:
//   node test/bench/tune-sweep.ts [--model Qwen/Qwen2.5-0.5B-Instruct] [--quantization Q4_0]
// Prints the speed of the tuned settings, of the engine's own choice and of the best of the sweep, for one answer.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { EngineSettings } from "@qwq-fit/engine";
import { writeSparseGguf } from "@qwq-fit/models/node";
import type { HardwareProfile, ModelEntry, Workload } from "@qwq-fit/schema";
import { median } from "../../packages/engine/src/rehearsal/solve.ts";
import { engineDefault, tune } from "../../packages/qwq-fit/src/rehearse/tune.ts";
import { ENGINE, measureWhole, settingsWith } from "./measure-whole.ts";

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
const cores = availableParallelism();
// What `tune` asks of a machine and of a workload.
const hardware = { cpu: { physicalCores: cores, usableCores: cores } } as HardwareProfile;
const workload = { promptTokens: 256, reasoningTokens: 512, answerTokens: 256 } as Workload;
const start = settingsWith(cores);
const folder = mkdtempSync(join(tmpdir(), "qwq-fit-sweep-"));
const modelPath = join(folder, "whole.gguf");
await writeSparseGguf(modelPath, entry, { quantization: values.quantization });

/** Ms of an answer of the workload, by the whole layout's own speed with these settings. */
async function measured(settings: EngineSettings): Promise<number> {
  const { roundsMs, prefillMsPerToken } = await measureWhole(modelPath, 0, settings, {
    promptTokens: workload.promptTokens,
    decodeTokens: 24,
    runs: Number(values.rounds),
  });
  const output = workload.reasoningTokens + workload.answerTokens;
  return workload.promptTokens * prefillMsPerToken + output * median(roundsMs);
}

try {
  const { settings: tuned } = await tune(
    { entry, quantization: values.quantization, settings: start, engine: ENGINE },
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
