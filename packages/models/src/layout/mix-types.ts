import { fileType } from "../ggml/file-types.ts";
import { tensorType } from "../ggml/tensor-types.ts";
import type { MixPlace } from "./mixing-rules.ts";
import { mixedType, outputType } from "./mixing-rules.ts";
import type { PlannedTensor } from "./planned-tensor.ts";
import type { MixFacts, TensorCategory } from "./tensor-category.ts";
import { categoryOf, mayQuantize } from "./tensor-category.ts";

/** What {@link mixTypes} asks about the model beside its tensors. */
export type ModelFacts = Omit<MixFacts, "baseType"> & {
  /** All blocks, those for multi-token prediction too (the engine's n_layer_all). */
  readonly blocks: number;
};

/** The converter's type of tensors that no mix changes (conversion/base.py, prepare_tensors). */
const KEPT_TYPE = "F32";

/**
 * The type of each tensor in a file of this quantization, in the order of `tensors`
 * (llama.cpp v0.5.0 src/llama-quant.cpp, llama_tensor_get_type).
 */
export function mixTypes(
  tensors: readonly PlannedTensor[],
  quantization: string,
  model: ModelFacts,
): string[] {
  const mix = fileType(quantization);
  const facts: MixFacts = { ...model, baseType: mix.baseType };
  const categories = tensors.map((tensor) => categoryOf(tensor.name));
  if (tensorType(mix.baseType).blockElements === 1) {
    return tensors.map((tensor) => (mayQuantize(tensor) ? mix.baseType : KEPT_TYPE));
  }
  const tied = !categories.includes("output");
  const counter = createCounter(categories, model.blocks);
  const types = Array.from<string>({ length: tensors.length });
  for (const index of engineOrder(tensors)) {
    const tensor = tensors[index];
    const category = categories[index];
    if (tensor === undefined || category === undefined) continue;
    const wanted = wantedType(tensor, category, mix.name, facts, tied, counter);
    types[index] = mayQuantize(tensor) ? fittingType(wanted, tensor.shape[0] ?? 1) : KEPT_TYPE;
  }
  return types;
}

/** Gives each tensor its {@link MixPlace} and counts it. */
type Counter = (category: TensorCategory, name: string) => MixPlace;

function createCounter(categories: readonly TensorCategory[], layers: number): Counter {
  const values = categories.filter(isValue).length;
  let value = 0;
  let down = 0;
  return (category, name) => {
    const place = { value, values, down, layer: layerOf(name), layers };
    if (isValue(category)) value += 1;
    if (category === "feed-forward-down") down += 1;
    return place;
  };
}

/** Fused query-key-value matrices count as values (src/llama-quant.cpp, category_is_attn_v). */
function isValue(category: TensorCategory): boolean {
  return category === "attention-value" || category === "attention-qkv";
}

function wantedType(
  tensor: PlannedTensor,
  category: TensorCategory,
  mix: string,
  facts: MixFacts,
  tied: boolean,
  counter: Counter,
): string {
  if (!mayQuantize(tensor)) return KEPT_TYPE;
  if (category === "output" || (tied && category === "token-embedding")) {
    const row = tensor.shape[0] ?? 1;
    const fits = row % tensorType(facts.baseType).blockElements === 0;
    return outputType(mix, facts.baseType, fits);
  }
  if (mix === "MXFP4_MOE") return (tensor.shape[2] ?? 1) > 1 ? "MXFP4" : "Q8_0";
  return mixedType(category, mix, facts, counter(category, tensor.name)) ?? facts.baseType;
}

/** What stands in for a type whose blocks do not divide the row (src/llama-quant.cpp, tensor_type_fallback). */
const FALLBACKS: Readonly<Record<string, string>> = {
  IQ1_S: "IQ4_NL",
  IQ1_M: "IQ4_NL",
  IQ2_XXS: "IQ4_NL",
  IQ2_XS: "IQ4_NL",
  IQ2_S: "IQ4_NL",
  IQ3_XXS: "IQ4_NL",
  IQ3_S: "IQ4_NL",
  IQ4_XS: "IQ4_NL",
  Q2_0: "Q4_0",
  Q2_K: "Q4_0",
  Q3_K: "Q4_0",
  TQ1_0: "Q4_0",
  TQ2_0: "Q4_0",
  Q4_K: "Q5_0",
  Q5_K: "Q5_1",
  Q6_K: "Q8_0",
};

function fittingType(wanted: string, row: number): string {
  if (row % tensorType(wanted).blockElements === 0) return wanted;
  const fallback = FALLBACKS[wanted] ?? wanted;
  return row % tensorType(fallback).blockElements === 0 ? fallback : "F16";
}

function layerOf(name: string): number {
  return Number(/^blk\.(\d+)\./.exec(name)?.[1] ?? -1);
}

/** Indices by layer, then by name: the order in which the engine counts (src/llama-model-loader.h, weight_name_comparer). */
function engineOrder(tensors: readonly PlannedTensor[]): number[] {
  const keys = tensors.map((tensor, index) => ({ layer: layerOf(tensor.name), tensor, index }));
  keys.sort(
    (left, right) =>
      left.layer - right.layer ||
      (left.tensor.name < right.tensor.name ? -1 : left.tensor.name > right.tensor.name ? 1 : 0),
  );
  return keys.map((key) => key.index);
}
