import { numberOr, requiredNumber } from "../profile/hyperparameters.ts";
import type { LayoutShape, PlannedTensor } from "./planned-tensor.ts";
import { blockTensor } from "./planned-tensor.ts";

/** Multi-head latent attention with split key and value matrices (llama.cpp v0.5.0 src/models/deepseek2.cpp). */
export function latentAttentionTensors(entry: LayoutShape, block: number): PlannedTensor[] {
  const values = entry.hyperparameters;
  const width = requiredNumber(values, "embedding_length");
  const heads = requiredNumber(values, "attention.head_count");
  const keyLength = requiredNumber(values, "attention.key_length_mla");
  const valueLength = requiredNumber(values, "attention.value_length_mla");
  const keyValueRank = requiredNumber(values, "attention.kv_lora_rank");
  const rotated = requiredNumber(values, "rope.dimension_count");
  const queryRank = numberOr(values, "attention.q_lora_rank", 0);
  const queries =
    queryRank === 0
      ? [blockTensor(block, "attn_q", [width, heads * keyLength])]
      : [
          blockTensor(block, "attn_q_a_norm", [queryRank]),
          blockTensor(block, "attn_q_a", [width, queryRank]),
          blockTensor(block, "attn_q_b", [queryRank, heads * keyLength]),
        ];
  return [
    ...queries,
    blockTensor(block, "attn_kv_a_norm", [keyValueRank]),
    blockTensor(block, "attn_kv_a_mqa", [width, keyValueRank + rotated]),
    blockTensor(block, "attn_k_b", [keyLength - rotated, keyValueRank, heads]),
    blockTensor(block, "attn_v_b", [keyValueRank, valueLength, heads]),
    blockTensor(block, "attn_output", [heads * valueLength, width]),
  ];
}
