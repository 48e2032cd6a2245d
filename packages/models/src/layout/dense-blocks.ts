import { numberOfBlock, numberOr, requiredNumber } from "../profile/hyperparameters.ts";
import type { LayoutShape, PlannedTensor } from "./planned-tensor.ts";
import { blockTensor } from "./planned-tensor.ts";

/** Norms before attention and before the feed-forward network, as most architectures have them. */
export function blockNorms(entry: LayoutShape, block: number): PlannedTensor[] {
  const width = requiredNumber(entry.hyperparameters, "embedding_length");
  return [blockTensor(block, "attn_norm", [width]), blockTensor(block, "ffn_norm", [width])];
}

/**
 * Grouped-query attention (llama.cpp v0.5.0 src/llama-model.cpp, create_tensor_qkv). With
 * `gated`, queries carry a gate of their own length (src/models/qwen35.cpp, qwen3next.cpp).
 */
export function attentionTensors(
  entry: LayoutShape,
  block: number,
  options: { readonly gated?: boolean } = {},
): PlannedTensor[] {
  const values = entry.hyperparameters;
  const width = requiredNumber(values, "embedding_length");
  const heads = numberOfBlock(values, "attention.head_count", block, 0);
  const kvHeads = numberOfBlock(values, "attention.head_count_kv", block, heads);
  const keyLength = numberOr(values, "attention.key_length", width / heads);
  const valueLength = numberOr(values, "attention.value_length", width / heads);
  const queryRows = heads * keyLength * (options.gated === true ? 2 : 1);
  const tensors = [
    blockTensor(block, "attn_q", [width, queryRows]),
    blockTensor(block, "attn_k", [width, kvHeads * keyLength]),
    blockTensor(block, "attn_v", [width, kvHeads * valueLength]),
    blockTensor(block, "attn_output", [heads * valueLength, width]),
  ];
  if (entry.qkvBias) {
    tensors.push(
      blockTensor(block, "attn_q", [queryRows], "bias"),
      blockTensor(block, "attn_k", [kvHeads * keyLength], "bias"),
      blockTensor(block, "attn_v", [kvHeads * valueLength], "bias"),
    );
  }
  if (entry.qkNorm) {
    tensors.push(
      blockTensor(block, "attn_q_norm", [keyLength]),
      blockTensor(block, "attn_k_norm", [keyLength]),
    );
  }
  return tensors;
}

/** A gated feed-forward network. */
export function feedForwardTensors(entry: LayoutShape, block: number): PlannedTensor[] {
  const width = requiredNumber(entry.hyperparameters, "embedding_length");
  const inner = numberOfBlock(entry.hyperparameters, "feed_forward_length", block, 0);
  return [
    blockTensor(block, "ffn_gate", [width, inner]),
    blockTensor(block, "ffn_up", [width, inner]),
    blockTensor(block, "ffn_down", [inner, width]),
  ];
}
