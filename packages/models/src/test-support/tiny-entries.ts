import type { ModelEntry } from "@qwq-fit/schema";

import { catalogEntry } from "./catalog-entries.ts";

/** Sides so small that the engine loads a file of any architecture in a second. */
const SMALL = {
  context_length: 4096,
  embedding_length: 256,
  feed_forward_length: 512,
  "attention.head_count": 4,
  "attention.head_count_kv": 2,
  "attention.key_length": 128,
  "attention.value_length": 128,
  "rope.dimension_count": 128,
  "rope.freq_base": 1_000_000,
  "attention.layer_norm_rms_epsilon": 1e-6,
};

const EXPERTS = { expert_count: 8, expert_used_count: 2, expert_feed_forward_length: 256 };

const DELTA_NET = {
  block_count: 8,
  "rope.dimension_count": 64,
  "rope.dimension_sections": [11, 11, 10, 0],
  "ssm.conv_kernel": 4,
  "ssm.state_size": 128,
  "ssm.group_count": 2,
  "ssm.time_step_rank": 4,
  "ssm.inner_size": 512,
  full_attention_interval: 4,
};

const LATENT = {
  block_count: 2,
  "attention.head_count_kv": 1,
  "attention.key_length": 320,
  "attention.value_length": 256,
  "attention.key_length_mla": 192,
  "attention.value_length_mla": 128,
  "attention.q_lora_rank": 256,
  "attention.kv_lora_rank": 256,
  "rope.dimension_count": 64,
  leading_dense_block_count: 1,
  expert_shared_count: 1,
  expert_group_count: 4,
  expert_group_used_count: 2,
  expert_gating_func: 2,
  expert_weights_scale: 2.5,
  expert_weights_norm: true,
};

type Traits = Pick<ModelEntry, "qkvBias" | "qkNorm" | "tiedEmbeddings">;

const PLAIN: Traits = { qkvBias: false, qkNorm: false, tiedEmbeddings: false };
const NORMED: Traits = { ...PLAIN, qkNorm: true };

function tiny(
  architecture: string,
  traits: Traits,
  hyperparameters: ModelEntry["hyperparameters"],
): ModelEntry {
  return {
    ...catalogEntry("Qwen/QwQ-32B"),
    ...traits,
    id: `tiny/${architecture}`,
    name: `Tiny ${architecture}`,
    architecture,
    hyperparameters: { ...SMALL, ...hyperparameters },
    vocabularySize: 1024,
  };
}

/** One entry of each architecture whose layout is known, for the real engine to load. */
export function tinyEntries(): ModelEntry[] {
  const window = { "attention.sliding_window": 64 };
  const shared = { ...EXPERTS, expert_shared_feed_forward_length: 256 };
  return [
    // The engine takes it that heads and their keys make up the embedding here.
    tiny(
      "qwen2",
      { ...PLAIN, qkvBias: true, tiedEmbeddings: true },
      { block_count: 2, "attention.head_count": 2, "attention.head_count_kv": 1 },
    ),
    tiny("qwen3", NORMED, { block_count: 2 }),
    tiny("llama", PLAIN, { block_count: 2, "rope.frequency_factors": true }),
    tiny("gemma3", { ...NORMED, tiedEmbeddings: true }, { block_count: 6, ...window }),
    tiny("qwen3moe", NORMED, { block_count: 2, ...EXPERTS }),
    tiny("deepseek2", PLAIN, { ...EXPERTS, ...LATENT }),
    tiny("qwen35", NORMED, DELTA_NET),
    tiny("qwen35moe", NORMED, { ...DELTA_NET, ...shared }),
    tiny("qwen3next", NORMED, { ...DELTA_NET, ...shared }),
    // With a block for multi-token prediction behind the eight that run.
    tiny("qwen35", NORMED, { ...DELTA_NET, block_count: 9, nextn_predict_layers: 1 }),
  ];
}

/** The first tiny entry of this architecture. */
export function tinyEntry(architecture: string): ModelEntry {
  const found = tinyEntries().find((entry) => entry.architecture === architecture);
  if (found === undefined) throw new Error(`no tiny entry is of ${architecture}`);
  return found;
}
