import { tensorType } from "../ggml/tensor-types.ts";
import { encodeHeader } from "../write/gguf-encoder.ts";
import type { ScriptedOptions, ScriptedPlan } from "../write/scripted-plan.ts";
import { planScripted } from "../write/scripted-plan.ts";
import { writeAt, writeWhole } from "./atomic-file.ts";

/** What a scripted file says after its prompt. */
export interface ScriptedModel {
  readonly bytes: number;
  readonly thought: readonly string[];
  readonly answer: readonly string[];
  /** Greedy text after "<|im_start|>assistant\n<think>\n", without the end token. */
  readonly text: string;
}

/**
 * Writes a GGUF file (qwen2, F32, some MiB) that makes the real engine say a known text, greedily:
 * embeddings are one-hot, blocks are zeros that add nothing, and the output matrix is a table of
 * each token's successor. After any prefix that ends in one of its words it goes on from there.
 *
 * @throws QwqError `invalid_value` where a word stands twice in the script, `disk_full`.
 */
export async function writeScriptedGguf(
  file: string,
  options: ScriptedOptions = {},
): Promise<ScriptedModel> {
  const plan = planScripted(options);
  const type = tensorType("F32");
  const header = encodeHeader(
    plan.metadata,
    plan.tensors.map((tensor) => ({ ...tensor, typeId: type.id })),
  );
  await writeWhole(file, async (handle) => {
    await writeAt(handle, header.bytes, 0);
    await handle.truncate(header.fileBytes);
    for (const [index, tensor] of plan.tensors.entries()) {
      const data = contentOf(tensor.name, plan);
      if (data === null) continue;
      await writeAt(handle, new Uint8Array(data.buffer), header.offsets[index] ?? 0);
    }
  });
  const { thought, answer, text } = plan;
  return { bytes: header.fileBytes, thought, answer, text };
}

function contentOf(name: string, plan: ScriptedPlan): Float32Array | null {
  const { width, successors } = plan;
  if (name.endsWith("_norm.weight")) return new Float32Array(width).fill(1);
  if (name === "token_embd.weight") {
    return ones(
      successors.map((_, token) => token * width + token),
      successors.length * width,
    );
  }
  if (name === "output.weight") {
    // Row of a token: a one for each token that it follows.
    return ones(
      successors.map((next, token) => next * width + token),
      successors.length * width,
    );
  }
  return null;
}

function ones(places: readonly number[], length: number): Float32Array {
  const values = new Float32Array(length);
  for (const place of places) values[place] = 1;
  return values;
}
