import { isRecurrent } from "../profile/block-caches.ts";
import { requiredNumber } from "../profile/hyperparameters.ts";
import { attentionTensors } from "./dense-blocks.ts";
import type { LayoutShape, PlannedTensor } from "./planned-tensor.ts";
import { blockTensor } from "./planned-tensor.ts";

/**
 * Attention of a hybrid Qwen: gated full attention in every fourth block and in those for
 * multi-token prediction, a gated delta net in the others (llama.cpp v0.5.0 src/models/qwen35.cpp,
 * qwen35moe.cpp, qwen3next.cpp).
 */
export function hybridAttention(entry: LayoutShape, block: number): PlannedTensor[] {
  const width = requiredNumber(entry.hyperparameters, "embedding_length");
  const norms = [
    blockTensor(block, "attn_norm", [width]),
    blockTensor(block, "post_attention_norm", [width]),
  ];
  return isRecurrent(entry.architecture, entry.hyperparameters, block)
    ? [...norms, ...deltaNetTensors(entry, block)]
    : [...norms, ...attentionTensors(entry, block, { gated: true })];
}

function deltaNetTensors(entry: LayoutShape, block: number): PlannedTensor[] {
  const values = entry.hyperparameters;
  const width = requiredNumber(values, "embedding_length");
  const state = requiredNumber(values, "ssm.state_size");
  const valueHeads = requiredNumber(values, "ssm.time_step_rank");
  const keys = state * requiredNumber(values, "ssm.group_count");
  const inner = state * valueHeads;
  const convolved = 2 * keys + inner;
  const mixing =
    entry.architecture === "qwen3next"
      ? [blockTensor(block, "ssm_ba", [width, 2 * valueHeads])]
      : [
          blockTensor(block, "ssm_beta", [width, valueHeads]),
          blockTensor(block, "ssm_alpha", [width, valueHeads]),
        ];
  return [
    blockTensor(block, "attn_qkv", [width, convolved]),
    blockTensor(block, "attn_gate", [width, inner]),
    blockTensor(block, "ssm_conv1d", [requiredNumber(values, "ssm.conv_kernel"), convolved]),
    blockTensor(block, "ssm_dt", [valueHeads], "bias"),
    blockTensor(block, "ssm_a", [valueHeads], ""),
    ...mixing,
    blockTensor(block, "ssm_norm", [state]),
    blockTensor(block, "ssm_out", [inner, width]),
  ];
}

/** What a block for multi-token prediction has beside attention and feed-forward; embeddings and head are shared. */
export function predictionTensors(entry: LayoutShape, block: number): PlannedTensor[] {
  const width = requiredNumber(entry.hyperparameters, "embedding_length");
  return [
    blockTensor(block, "nextn.eh_proj", [2 * width, width]),
    blockTensor(block, "nextn.enorm", [width]),
    blockTensor(block, "nextn.hnorm", [width]),
    blockTensor(block, "nextn.shared_head_norm", [width]),
  ];
}
