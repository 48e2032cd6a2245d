import type { TensorInfo } from "@qwq-fit/schema";

import { fileTypeById } from "../ggml/file-types.ts";
import type { GgufValue } from "../gguf/gguf-header.ts";
import type { ModelFacts } from "../layout/mix-types.ts";
import { mixTypes, planMix } from "../layout/mix-types.ts";

/** A file's quantization, and what is odd about it. */
export interface QuantizationName {
  readonly name: string;
  readonly imatrix: boolean;
  readonly warnings: readonly string[];
}

/**
 * The quantization that the file states (`general.file_type`), held against the types that this mix
 * gives its tensors. Where most of the weights have another type, or nothing is stated, the tensors
 * are believed.
 */
export function quantizationOf(
  metadata: ReadonlyMap<string, GgufValue>,
  tensors: readonly TensorInfo[],
  model: Omit<ModelFacts, "imatrix">,
): QuantizationName {
  const imatrix = metadata.has("quantize.imatrix.entries_count");
  const main = mainType(
    tensors,
    tensors.map((tensor) => tensor.type),
  );
  const id = metadata.get("general.file_type");
  const stated = typeof id === "number" ? fileTypeById(id)?.name : undefined;
  if (stated === undefined) return { name: main, imatrix, warnings: [] };
  const mixed = mainType(tensors, mixTypes(planMix(tensors), stated, { ...model, imatrix }));
  if (main === mixed) return { name: stated, imatrix, warnings: [] };
  return {
    name: main,
    imatrix,
    warnings: [`The file says that it is ${stated}, but most of its weights are ${main}.`],
  };
}

/** The type with the most elements among matrices. */
function mainType(tensors: readonly TensorInfo[], types: readonly string[]): string {
  const sums = new Map<string, number>();
  for (const [index, tensor] of tensors.entries()) {
    if (tensor.shape.length < 2) continue;
    const type = types[index] ?? "F32";
    const elements = tensor.shape.reduce((product, side) => product * side, 1);
    sums.set(type, (sums.get(type) ?? 0) + elements);
  }
  const largest = [...sums].toSorted((left, right) => right[1] - left[1])[0];
  return largest?.[0] ?? "F32";
}
