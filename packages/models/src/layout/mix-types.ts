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

/** What the rules ask of the tensors, found once for all quantizations of a model. */
export interface MixPlan {
  readonly tensors: readonly PlannedTensor[];
  readonly categories: readonly TensorCategory[];
  readonly layers: readonly number[];
  readonly quantizable: readonly boolean[];
  /** Indices in the engine's order: by layer, then by name (src/llama-model-loader.h, weight_name_comparer). */
  readonly order: readonly number[];
  readonly values: number;
  readonly tied: boolean;
}

/** Prepares tensors for {@link mixTypes}. */
export function planMix(tensors: readonly PlannedTensor[]): MixPlan {
  const categories = tensors.map((tensor) => categoryOf(tensor.name));
  const layers = tensors.map((tensor) => layerOf(tensor.name));
  const order = [...tensors.keys()].toSorted((left, right) => {
    const byLayer = (layers[left] ?? 0) - (layers[right] ?? 0);
    return byLayer === 0 ? compareText(tensors[left]?.name, tensors[right]?.name) : byLayer;
  });
  return {
    tensors,
    categories,
    layers,
    quantizable: tensors.map(mayQuantize),
    order,
    values: categories.filter(isValue).length,
    tied: !categories.includes("output"),
  };
}

/**
 * The type of each tensor in a file of this quantization, in the order of the plan's tensors
 * (llama.cpp v0.5.0 src/llama-quant.cpp, llama_tensor_get_type).
 *
 * @throws QwqError `invalid_value` for an unknown quantization.
 */
export function mixTypes(plan: MixPlan, quantization: string, model: ModelFacts): string[] {
  const mix = fileType(quantization);
  const facts: MixFacts = { ...model, baseType: mix.baseType };
  if (tensorType(mix.baseType).blockElements === 1) {
    return plan.quantizable.map((quantizable) => (quantizable ? mix.baseType : KEPT_TYPE));
  }
  const types = plan.tensors.map(() => KEPT_TYPE);
  let value = 0;
  let down = 0;
  for (const index of plan.order) {
    const tensor = plan.tensors[index];
    const category = plan.categories[index];
    if (tensor === undefined || category === undefined || plan.quantizable[index] !== true)
      continue;
    const layer = plan.layers[index] ?? 0;
    const place = { value, values: plan.values, down, layer, layers: model.blocks };
    const wanted = wantedType(tensor, category, mix.name, facts, plan.tied, place);
    types[index] = fittingType(wanted, tensor.shape[0] ?? 1);
    if (isValue(category)) value += 1;
    if (category === "feed-forward-down") down += 1;
  }
  return types;
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
  place: MixPlace,
): string {
  if (category === "output" || (tied && category === "token-embedding")) {
    const row = tensor.shape[0] ?? 1;
    const fits = row % tensorType(facts.baseType).blockElements === 0;
    return outputType(mix, facts.baseType, fits);
  }
  if (mix === "MXFP4_MOE") return (tensor.shape[2] ?? 1) > 1 ? "MXFP4" : "Q8_0";
  return mixedType(category, mix, facts, place) ?? facts.baseType;
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

function compareText(left = "", right = ""): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
