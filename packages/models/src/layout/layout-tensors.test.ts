import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

import { describe, expect, test } from "vitest";

import { catalogEntries, catalogEntry } from "../test-support/catalog-entries.ts";
import { layoutTensors } from "./layout-tensors.ts";

function totalBytes(id: string, quantization: string, imatrix = false): number {
  return layoutTensors(catalogEntry(id), quantization, { imatrix }).reduce(
    (sum, tensor) => sum + tensor.bytes,
    0,
  );
}

/** Tensor bytes of QwQ-32B; the Q4_K_M row is what llama.cpp prints for it, 18926.01 MiB. */
const QWQ_BYTES: Readonly<Record<string, number>> = {
  IQ3_XXS: 13408370688,
  IQ3_XS: 13699534848,
  IQ3_S: 14430916608,
  IQ3_M: 14804144128,
  Q2_K: 12307120128,
  Q3_K_S: 14386352128,
  Q3_K_M: 15929069568,
  Q3_K_L: 17241100288,
  IQ4_XS: 17864122368,
  IQ4_NL: 18817753088,
  Q4_0: 18634252288,
  Q4_1: 20633264128,
  Q4_K_S: 18778431488,
  Q4_K_M: 19845357568,
  Q5_0: 22632275968,
  Q5_K_S: 22632275968,
  Q5_K_M: 23256178688,
  Q6_K: 26880176128,
  Q8_0: 34814906368,
  F16: 65529991168,
  BF16: 65529991168,
};

const QWQ_IMATRIX_BYTES: Readonly<Record<string, number>> = {
  IQ3_XXS: 12833292288,
  IQ4_XS: 17687175168,
  IQ4_NL: 18676195328,
  Q4_0: 18705031168,
  Q5_0: 22703054848,
};

describe("layoutTensors", () => {
  test.each(Object.entries(QWQ_BYTES))("QwQ-32B %s has its known size", (quantization, bytes) => {
    expect(totalBytes("Qwen/QwQ-32B", quantization)).toBe(bytes);
  });

  test.each(Object.entries(QWQ_IMATRIX_BYTES))("QwQ-32B %s with imatrix", (quantization, bytes) => {
    expect(totalBytes("Qwen/QwQ-32B", quantization, true)).toBe(bytes);
  });

  test("prints as the engine does: 18926.01 MiB", () => {
    expect((totalBytes("Qwen/QwQ-32B", "Q4_K_M") / 2 ** 20).toFixed(2)).toBe("18926.01");
  });

  test("names, shapes and types of a block", () => {
    const tensors = layoutTensors(catalogEntry("Qwen/QwQ-32B"), "Q4_K_M");
    const block = tensors.filter((tensor) => tensor.name.startsWith("blk.1."));
    expect(block.map(({ name, shape, type }) => `${name} ${shape.join("x")} ${type}`)).toEqual([
      "blk.1.attn_norm.weight 5120 F32",
      "blk.1.ffn_norm.weight 5120 F32",
      "blk.1.attn_q.weight 5120x5120 Q4_K",
      "blk.1.attn_k.weight 5120x1024 Q4_K",
      "blk.1.attn_v.weight 5120x1024 Q6_K",
      "blk.1.attn_output.weight 5120x5120 Q4_K",
      "blk.1.attn_q.bias 5120 F32",
      "blk.1.attn_k.bias 1024 F32",
      "blk.1.attn_v.bias 1024 F32",
      "blk.1.ffn_gate.weight 5120x27648 Q4_K",
      "blk.1.ffn_up.weight 5120x27648 Q4_K",
      "blk.1.ffn_down.weight 27648x5120 Q6_K",
    ]);
  });

  test("tied embeddings carry the output's type, odd rows fall back", () => {
    const tensors = layoutTensors(catalogEntry("Qwen/Qwen2.5-0.5B-Instruct"), "Q4_K_M");
    const typeOf = (name: string): string | undefined =>
      tensors.find((tensor) => tensor.name === name)?.type;
    expect(tensors.some((tensor) => tensor.name === "output.weight")).toBe(false);
    expect(typeOf("token_embd.weight")).toBe("Q8_0");
    expect(typeOf("blk.5.attn_q.weight")).toBe("Q5_0");
    expect(typeOf("blk.0.attn_v.weight")).toBe("Q8_0");
  });

  test("an unknown quantization is a typed error", () => {
    expect(() => layoutTensors(catalogEntry("Qwen/QwQ-32B"), "Q9_K")).toThrow(
      expect.objectContaining({ name: "QwqError", code: "invalid_value" }),
    );
  });
});

/** The study leaves out the 64 rotary factors (F32) of the 70B Llamas, which the converter writes for all since 3.1. */
function unstatedBytes(id: string): number {
  return /Llama.*70B/.test(id) ? 64 * 4 : 0;
}

const STUDY = path.join(import.meta.dirname, "../../../../../shared/data/models.json");

interface StudyRow {
  readonly hf_id: string;
  readonly gguf_tensor_bytes_computed?: Readonly<Record<string, number>>;
}

describe.skipIf(!existsSync(STUDY))(
  "layoutTensors against the study's sizes (where it stands)",
  () => {
    const rows = existsSync(STUDY)
      ? (JSON.parse(readFileSync(STUDY, "utf8")) as { models: StudyRow[] }).models
      : [];
    const cases = rows.flatMap((row) =>
      Object.entries(row.gguf_tensor_bytes_computed ?? {}).map(
        ([quantization, bytes]) => [row.hf_id, quantization, bytes] as const,
      ),
    );

    test("every shipped entry is of the study, and each of its rows is shipped", () => {
      expect(
        catalogEntries()
          .map((entry) => entry.id)
          .toSorted(),
      ).toEqual(rows.map((row) => row.hf_id).toSorted());
    });

    test.each(cases)("%s %s", (id, quantization, bytes) => {
      expect(totalBytes(id, quantization)).toBe(bytes + unstatedBytes(id));
    });
  },
);
