import type { Hyperparameters } from "../profile/hyperparameters.ts";
import { numberOfBlock, numberOr, requiredNumber } from "../profile/hyperparameters.ts";
import type { ModelFacts } from "./mix-types.ts";

/** What the mixing rules ask about a model of these hyperparameters. */
export function modelFacts(
  architecture: string,
  values: Hyperparameters,
): Omit<ModelFacts, "imatrix"> {
  const heads = numberOfBlock(values, "attention.head_count", 0, 1);
  const kvHeads = numberOfBlock(values, "attention.head_count_kv", 0, heads);
  const blocks = requiredNumber(values, "block_count");
  return {
    groupSize: kvHeads === 0 ? 0 : Math.floor(heads / kvHeads),
    experts: numberOr(values, "expert_count", 0),
    // llama.cpp v0.5.0 src/models/llama.cpp and qwen2.cpp: where `type` becomes LLM_TYPE_70B.
    is70B:
      blocks === 80 &&
      (architecture === "qwen2" || (architecture === "llama" && heads !== kvHeads)),
    blocks,
  };
}
