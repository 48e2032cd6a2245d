import type { Hyperparameters } from "../profile/hyperparameters.ts";
import { familyRule } from "./config-families.ts";
import { fieldsOf, listField, numberField, textField } from "./json-value.ts";

/** What a `config.json` of the transformers library says of a model, in GGUF's words. */
export interface ConfigShape {
  readonly architecture: string;
  readonly hyperparameters: Hyperparameters;
  readonly vocabularySize: number;
  readonly tiedEmbeddings: boolean;
  readonly qkvBias: boolean;
  readonly qkNorm: boolean;
  /** False for a class that is not on our list: then it is taken for plain grouped-query attention. */
  readonly known: boolean;
}

/** GGUF keys and the fields of config.json that they are made of, first found first (conversion/base.py, set_gguf_parameters). */
const NUMBERS: readonly (readonly [string, ...string[]])[] = [
  ["block_count", "num_hidden_layers", "n_layer", "n_layers"],
  ["context_length", "max_position_embeddings", "n_ctx", "n_positions"],
  ["embedding_length", "hidden_size", "n_embd"],
  ["feed_forward_length", "intermediate_size", "n_inner"],
  ["attention.head_count", "num_attention_heads", "n_head"],
  ["attention.head_count_kv", "num_key_value_heads"],
  ["attention.key_length", "head_dim"],
  ["attention.value_length", "head_dim"],
  ["rope.freq_base", "rope_theta"],
  ["attention.layer_norm_rms_epsilon", "rms_norm_eps"],
  ["expert_count", "num_experts", "num_local_experts", "n_routed_experts"],
  ["expert_used_count", "num_experts_per_tok"],
  ["expert_feed_forward_length", "moe_intermediate_size"],
  ["expert_shared_feed_forward_length", "shared_expert_intermediate_size"],
];

/**
 * The shape in a `config.json`: of the text part, where the model has others too.
 * Null where it states no blocks or width, as of a model that is no transformer.
 */
export function shapeOfConfig(config: unknown): ConfigShape | null {
  const text = { ...fieldsOf(config), ...fieldsOf(fieldsOf(config)["text_config"]) };
  const className = listField(config, "architectures").find((name) => typeof name === "string");
  const rule = familyRule(className ?? "", textField(text, "model_type") ?? "");
  const values: Record<string, number | boolean | string | readonly number[]> = {};
  for (const [key, ...fields] of NUMBERS) {
    const value = fields.map((field) => numberField(text, field)).find((found) => found !== null);
    if (value !== undefined && value !== null) values[key] = value;
  }
  const theta = numberField(text["rope_parameters"], "rope_theta");
  if (theta !== null) values["rope.freq_base"] = theta;
  Object.assign(values, rule.hyperparameters(text));
  if (!("block_count" in values) || !("embedding_length" in values)) return null;
  return {
    architecture: rule.architecture,
    hyperparameters: values,
    vocabularySize: numberField(text, "vocab_size") ?? 0,
    // transformers ties by default, but the families of our list state it or do not tie.
    tiedEmbeddings: text["tie_word_embeddings"] === true,
    qkvBias: rule.qkvBias || text["attention_bias"] === true,
    qkNorm: rule.qkNorm,
    known: rule.known,
  };
}
