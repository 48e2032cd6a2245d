import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterAll, describe, expect, test } from "vitest";

import { layoutTensors } from "../layout/layout-tensors.ts";
import { catalogEntry } from "../test-support/catalog-entries.ts";
import { readModelFile } from "./open-file.ts";

/** An independent writer of the same layouts, where it stands beside the checkout with a Python. */
const TOOL = path.join(import.meta.dirname, "../../../../../shared/tools/make_gguf.py");
const MODELS: readonly (readonly [string, string])[] = [
  ["qwq-32b", "Qwen/QwQ-32B"],
  ["qwen2.5-1.5b", "Qwen/Qwen2.5-1.5B-Instruct"],
  ["qwen3-4b", "Qwen/Qwen3-4B"],
  ["llama-3.1-8b", "meta-llama/Llama-3.1-8B-Instruct"],
];
/** Not Q3_K_M: it keeps Q3_K in some ffn_down, where llama.cpp (llama_tensor_get_type_impl) has Q4_K in all. */
const QUANTIZATIONS = ["Q2_K", "Q4_0", "Q4_K_M", "Q5_K_M", "Q6_K", "Q8_0", "F16"];
const directory = mkdtempSync(path.join(tmpdir(), "make-gguf-"));

afterAll(() => rmSync(directory, { recursive: true, force: true }));

function hasPython(): boolean {
  try {
    execFileSync("python3", ["-c", "import struct"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!existsSync(TOOL) || !hasPython())(
  "layouts against an independent writer (where it and Python stand)",
  () => {
    const cases = MODELS.flatMap(([model, id]) =>
      QUANTIZATIONS.map((quantization) => [model, id, quantization] as const),
    );

    test.each(cases)("%s as %s %s", async (model, id, quantization) => {
      const file = path.join(directory, "layout.gguf");
      execFileSync("python3", [TOOL, file, "--model", model, "--mix", quantization]);
      const profile = await readModelFile(file);
      const byName = (left: { name: string }, right: { name: string }): number =>
        left.name < right.name ? -1 : 1;
      // It leaves out the rotary factors of newer Llamas.
      const ours = layoutTensors(catalogEntry(id), quantization)
        .filter((tensor) => tensor.name !== "rope_freqs.weight")
        .toSorted(byName);
      expect(profile.weights[0]?.tensors.toSorted(byName)).toEqual(ours);
      expect(profile.weights[0]?.quantization).toBe(quantization);
    });
  },
);
