import type { ModelEntry, TensorInfo } from "@qwq-fit/schema";

import { tensorBytes, tensorType } from "../ggml/tensor-types.ts";
import type { MixPlan } from "./mix-types.ts";
import { mixTypes, planMix } from "./mix-types.ts";
import { modelFacts } from "./model-facts.ts";
import { planTensors } from "./plan-tensors.ts";

export interface LayoutOptions {
  /** Made with an importance matrix: some mixes then choose other types. Default false. */
  readonly imatrix?: boolean;
}

/**
 * The tensors of a catalogue model's file in this quantization, exactly as llama.cpp makes it:
 * names and shapes of its architecture, types by its mixing rules.
 *
 * @throws QwqError `unsupported_model` for an architecture whose layout is not known,
 *   `invalid_value` for an unknown quantization.
 */
export function layoutTensors(
  entry: ModelEntry,
  quantization: string,
  options: LayoutOptions = {},
): readonly TensorInfo[] {
  return typedTensors(planMix(planTensors(entry)), entry, quantization, options);
}

/** As {@link layoutTensors}, over tensors planned before: many quantizations share one plan. */
export function typedTensors(
  plan: MixPlan,
  entry: ModelEntry,
  quantization: string,
  options: LayoutOptions = {},
): readonly TensorInfo[] {
  const types = mixTypes(plan, quantization, {
    ...modelFacts(entry.architecture, entry.hyperparameters),
    imatrix: options.imatrix ?? false,
  });
  return plan.tensors.map((tensor, index) => {
    const type = tensorType(types[index] ?? "F32");
    return {
      name: tensor.name,
      shape: tensor.shape,
      type: type.name,
      bytes: tensorBytes(tensor.shape, type),
    };
  });
}
