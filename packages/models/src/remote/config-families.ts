import { fieldsOf, listField, numberField } from "./json-value.ts";

type Values = Record<string, number | boolean | string | readonly number[]>;

/** What a model class of transformers is to llama.cpp (conversion/*.py, ModelBase.register). */
export interface FamilyRule {
  readonly architecture: string;
  readonly qkvBias: boolean;
  readonly qkNorm: boolean;
  readonly known: boolean;
  /** Keys beside those that all families share. */
  readonly hyperparameters: (config: Readonly<Record<string, unknown>>) => Values;
}

function rule(
  architecture: string,
  traits: Partial<Omit<FamilyRule, "architecture" | "known">> = {},
): FamilyRule {
  return {
    architecture,
    qkvBias: false,
    qkNorm: false,
    known: true,
    hyperparameters: () => ({}),
    ...traits,
  };
}

/** By the start of the class's name, the most telling first. */
const RULES: readonly (readonly [string, FamilyRule])[] = [
  ["Qwen3_5Moe", rule("qwen35moe", { qkNorm: true, hyperparameters: hybridValues })],
  ["Qwen3_5", rule("qwen35", { qkNorm: true, hyperparameters: hybridValues })],
  ["Qwen3Next", rule("qwen3next", { qkNorm: true, hyperparameters: hybridValues })],
  ["Qwen3VLMoe", rule("qwen3vlmoe", { qkNorm: true })],
  ["Qwen3Moe", rule("qwen3moe", { qkNorm: true })],
  ["Qwen3VL", rule("qwen3vl", { qkNorm: true })],
  ["Qwen3", rule("qwen3", { qkNorm: true })],
  ["Qwen2Moe", rule("qwen2moe", { qkvBias: true })],
  ["Qwen2", rule("qwen2", { qkvBias: true })],
  ["DeepseekV3", rule("deepseek2", { hyperparameters: latentValues })],
  ["DeepseekV2", rule("deepseek2", { hyperparameters: latentValues })],
  ["Gemma3n", rule("gemma3n", { qkNorm: true, hyperparameters: windowValues })],
  ["Gemma3", rule("gemma3", { qkNorm: true, hyperparameters: windowValues })],
  ["Gemma2", rule("gemma2", { hyperparameters: windowValues })],
  ["GptOss", rule("gpt-oss", { hyperparameters: windowValues })],
  ["Mixtral", rule("llama")],
  ["Mistral", rule("llama")],
  ["Llama", rule("llama", { hyperparameters: llamaValues })],
  ["Phi3", rule("phi3")],
];

/** The rule of a class, or one of plain attention under the model's own type. */
export function familyRule(className: string, modelType: string): FamilyRule {
  const found = RULES.find(([start]) => className.startsWith(start));
  return found?.[1] ?? { ...rule(modelType === "" ? "unknown" : modelType), known: false };
}

function llamaValues(config: Readonly<Record<string, unknown>>): Values {
  const scaling = fieldsOf(config["rope_scaling"] ?? config["rope_parameters"]);
  return scaling["rope_type"] === "llama3" ? { "rope.frequency_factors": true } : {};
}

/** conversion/gemma.py and gpt_oss.py: a window, and which blocks it holds. */
function windowValues(config: Readonly<Record<string, unknown>>): Values {
  const window = numberField(config, "sliding_window");
  if (window === null) return {};
  const kinds = listField(config, "layer_types");
  const pattern =
    kinds.length === 0
      ? numberField(config, "sliding_window_pattern")
      : kinds.map((kind) => (kind === "sliding_attention" ? 1 : 0));
  return {
    "attention.sliding_window": window,
    ...(pattern === null ? {} : { "attention.sliding_window_pattern": pattern }),
  };
}

/** conversion/qwen.py, Qwen3NextModel and _QwenMtpMixin. */
function hybridValues(config: Readonly<Record<string, unknown>>): Values {
  const number = (key: string): number => numberField(config, key) ?? 0;
  const prediction = number("mtp_num_hidden_layers");
  const rope = fieldsOf(config["rope_parameters"]);
  const rotated =
    numberField(rope, "partial_rotary_factor") ??
    numberField(config, "partial_rotary_factor") ??
    0.25;
  return {
    block_count: number("num_hidden_layers") + prediction,
    ...(prediction > 0 ? { nextn_predict_layers: prediction } : {}),
    "rope.dimension_count": Math.trunc(number("head_dim") * rotated),
    "ssm.conv_kernel": number("linear_conv_kernel_dim"),
    "ssm.state_size": number("linear_key_head_dim"),
    "ssm.group_count": number("linear_num_key_heads"),
    "ssm.time_step_rank": number("linear_num_value_heads"),
    "ssm.inner_size": number("linear_num_value_heads") * number("linear_value_head_dim"),
    full_attention_interval: numberField(config, "full_attention_interval") ?? 4,
  };
}

/** conversion/deepseek.py, DeepseekV2Model: latent attention becomes one head of a long key. */
function latentValues(config: Readonly<Record<string, unknown>>): Values {
  const number = (key: string): number => numberField(config, key) ?? 0;
  const rank = numberField(config, "kv_lora_rank") ?? 512;
  const rotated = number("qk_rope_head_dim");
  const queryRank = number("q_lora_rank");
  return {
    "attention.head_count_kv": 1,
    "attention.key_length": rank + rotated,
    "attention.value_length": rank,
    "attention.key_length_mla": number("qk_nope_head_dim") + rotated,
    "attention.value_length_mla": number("v_head_dim"),
    "attention.kv_lora_rank": rank,
    ...(queryRank > 0 ? { "attention.q_lora_rank": queryRank } : {}),
    "rope.dimension_count": rotated,
    leading_dense_block_count: number("first_k_dense_replace"),
    expert_shared_count: number("n_shared_experts"),
    expert_gating_func: config["scoring_func"] === "sigmoid" ? 2 : 1,
  };
}
