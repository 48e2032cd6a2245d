import { numberOfBlock, numberOr, requiredNumber } from "../profile/hyperparameters.ts";
import { feedForwardTensors } from "./dense-blocks.ts";
import type { LayoutShape, PlannedTensor } from "./planned-tensor.ts";
import { blockTensor } from "./planned-tensor.ts";

/** A router and its experts, each kind of matrix stacked (llama.cpp v0.5.0 src/models/qwen3moe.cpp). */
export function expertTensors(entry: LayoutShape, block: number): PlannedTensor[] {
  const width = requiredNumber(entry.hyperparameters, "embedding_length");
  const experts = requiredNumber(entry.hyperparameters, "expert_count");
  const inner = expertLength(entry, block);
  return [
    blockTensor(block, "ffn_gate_inp", [width, experts]),
    blockTensor(block, "ffn_gate_exps", [width, inner, experts]),
    blockTensor(block, "ffn_down_exps", [inner, width, experts]),
    blockTensor(block, "ffn_up_exps", [width, inner, experts]),
  ];
}

/** Experts with one shared expert behind a gate of its own (src/models/qwen35moe.cpp, qwen3next.cpp). */
export function gatedSharedExpertTensors(entry: LayoutShape, block: number): PlannedTensor[] {
  const width = requiredNumber(entry.hyperparameters, "embedding_length");
  const inner = requiredNumber(entry.hyperparameters, "expert_shared_feed_forward_length");
  return [
    ...expertTensors(entry, block),
    blockTensor(block, "ffn_gate_inp_shexp", [width]),
    ...sharedTensors(block, width, inner),
  ];
}

/** DeepSeek's feed-forward: dense in the leading blocks, then experts with shared ones (src/models/deepseek2.cpp). */
export function deepseekFeedForward(entry: LayoutShape, block: number): PlannedTensor[] {
  const values = entry.hyperparameters;
  if (block < numberOr(values, "leading_dense_block_count", 0)) {
    return feedForwardTensors(entry, block);
  }
  const width = requiredNumber(values, "embedding_length");
  const inner = expertLength(entry, block) * requiredNumber(values, "expert_shared_count");
  return [
    ...expertTensors(entry, block),
    // src/llama-arch.cpp, LLM_TENSOR_FFN_EXP_PROBS_B: only models with sigmoid routing have it (R1, V3).
    ...(numberOr(values, "expert_gating_func", 0) === SIGMOID
      ? [blockTensor(block, "exp_probs_b", [requiredNumber(values, "expert_count")], "bias")]
      : []),
    ...sharedTensors(block, width, inner),
  ];
}

/** src/llama-hparams.h, LLAMA_EXPERT_GATING_FUNC_TYPE_SIGMOID. */
const SIGMOID = 2;

function sharedTensors(block: number, width: number, inner: number): PlannedTensor[] {
  return [
    blockTensor(block, "ffn_gate_shexp", [width, inner]),
    blockTensor(block, "ffn_down_shexp", [inner, width]),
    blockTensor(block, "ffn_up_shexp", [width, inner]),
  ];
}

/** An unstated length is the feed-forward's share of each expert used (src/models/qwen3moe.cpp). */
function expertLength(entry: LayoutShape, block: number): number {
  const values = entry.hyperparameters;
  const stated = numberOfBlock(values, "expert_feed_forward_length", block, 0);
  if (stated > 0) return stated;
  const used = numberOfBlock(values, "expert_used_count", block, 1);
  return Math.floor(numberOfBlock(values, "feed_forward_length", block, 0) / used);
}
