// Rehearsals against the whole layouts, on this machine; prints the table of the README:
//   node test/bench/rehearsal-truth.ts [--model Qwen/QwQ-32B --quantization Q4_K_M]... [--blocks 0]... [--runs 5] [--threads 2] [--json]
// The whole file is loaded and timed before and after each rehearsal, and the mean of both is the truth: from one load to the
// next, the very same file is up to 10 % quicker or slower here. It is sparse, but the engine allocates and computes all of it:
// QwQ-32B takes 20 GB of memory. The machine must have nothing else to do. `--blocks` makes the whole a shallower one, at
// which five runs take minutes; 0 is the model's own depth.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { rehearse } from "@qwq-fit/engine";
import { writeSparseGguf } from "@qwq-fit/models/node";
import type { ModelEntry } from "@qwq-fit/schema";
import { planCuts } from "../../packages/engine/src/rehearsal/cuts.ts";
import { median } from "../../packages/engine/src/rehearsal/solve.ts";
import { ENGINE, measureWhole, settingsWith } from "./measure-whole.ts";

const { values } = parseArgs({
  options: {
    model: { type: "string", multiple: true, default: ["Qwen/QwQ-32B"] },
    quantization: { type: "string", multiple: true, default: ["Q4_K_M"] },
    blocks: { type: "string", multiple: true, default: ["0"] },
    threads: { type: "string", default: "2" },
    runs: { type: "string", default: "1" },
    tokens: { type: "string", default: "14" },
    prompt: { type: "string", default: "256" },
    json: { type: "boolean", default: false },
  },
});
const root = join(import.meta.dirname, "..", "..");
const settings = settingsWith(Number(values.threads));

interface Measured {
  readonly decodeMs: number;
  readonly prefillPerSecond: number;
}

/** The whole layout, timed as the rehearsal times its cuts. */
async function truth(entry: ModelEntry, quantization: string, blocks: number): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), "qwq-fit-truth-"));
  try {
    const modelPath = join(folder, "whole.gguf");
    await writeSparseGguf(modelPath, entry, { quantization });
    const { roundsMs, prefillMsPerToken } = await measureWhole(modelPath, blocks, settings, {
      promptTokens: Number(values.prompt),
      decodeTokens: Number(values.tokens),
      runs: 3,
    });
    return { decodeMs: median(roundsMs), prefillPerSecond: 1000 / prefillMsPerToken };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The model with fewer blocks, as if it had been made so. */
function shallower(entry: ModelEntry, blocks: number): ModelEntry {
  if (blocks === 0) return entry;
  const extra = Number(entry.hyperparameters["nextn_predict_layers"] ?? 0);
  return {
    ...entry,
    name: `${entry.name} at ${blocks} blocks`,
    hyperparameters: { ...entry.hyperparameters, block_count: blocks + extra },
  };
}

const percent = (share: number): string =>
  `${share < 0 ? "−" : "+"}${Math.abs(100 * share).toFixed(1)} %`;

console.log(
  "| model | blocks of | decode foretold | decode of the whole | off | prompt foretold | prompt of the whole | off | took |\n| --- | --- | --: | --: | --: | --: | --: | --: | --: |",
);
for (const [i, model] of values.model.entries()) {
  const quantization = values.quantization[i] ?? values.quantization.at(-1) ?? "Q4_K_M";
  const own = JSON.parse(
    readFileSync(join(root, "profiles", "models", `${model}.json`), "utf8"),
  ) as ModelEntry;
  const entry = shallower(own, Number(values.blocks[i] ?? values.blocks.at(-1) ?? 0));
  let before: Measured | null = null;
  for (let run = 0; run < Number(values.runs); run++) {
    const { blocks } = planCuts(entry, quantization, { roomBytes: Number.POSITIVE_INFINITY });
    before ??= await truth(entry, quantization, blocks);
    // The cost of a deeper cache is not in the table, so it is not waited for.
    const measure = { depthTokens: Number(values.prompt), promptTokens: Number(values.prompt) };
    const told = await rehearse({ entry, quantization, settings, engine: ENGINE, measure });
    const after = await truth(entry, quantization, blocks);
    const was = {
      decodeMs: (before.decodeMs + after.decodeMs) / 2,
      prefillPerSecond: 2 / (1 / before.prefillPerSecond + 1 / after.prefillPerSecond),
    };
    if (values.json) {
      console.log(JSON.stringify({ model, quantization, told, before, after }));
    }
    before = after;
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
