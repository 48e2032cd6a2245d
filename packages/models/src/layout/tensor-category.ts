import type { PlannedTensor } from "./planned-tensor.ts";

/** The kinds that the mixing rules tell apart (llama.cpp v0.5.0 src/llama-quant.cpp, tensor_get_category). */
export type TensorCategory =
  | "output"
  | "token-embedding"
  | "attention-qkv"
  | "attention-value"
  | "attention-key"
  | "attention-query"
  | "attention-output"
  | "feed-forward-up"
  | "feed-forward-gate"
  | "feed-forward-down"
  | "other";

/** What the rules ask about the model. */
export interface MixFacts {
  readonly baseType: string;
  /** Query heads for each KV head of the first block (src/llama-hparams.cpp, n_gqa). */
  readonly groupSize: number;
  readonly experts: number;
  /** The engine's model type "70B": 80 blocks of qwen2 or llama with grouped heads. */
  readonly is70B: boolean;
  readonly imatrix: boolean;
}

/** In the engine's order of asking; a name belongs to the first that it holds. */
const PARTS: readonly (readonly [string, TensorCategory])[] = [
  ["attn_qkv.weight", "attention-qkv"],
  ["attn_kv_b.weight", "attention-value"],
  ["attn_v.weight", "attention-value"],
  ["attn_k.weight", "attention-key"],
  ["attn_q.weight", "attention-query"],
  ["attn_output.weight", "attention-output"],
  ["ffn_up", "feed-forward-up"],
  ["ffn_gate", "feed-forward-gate"],
  ["ffn_down", "feed-forward-down"],
];

/** The kind of a tensor, by its name. */
export function categoryOf(name: string): TensorCategory {
  if (name === "output.weight") return "output";
  if (name === "token_embd.weight" || name === "per_layer_token_embd.weight") {
    return "token-embedding";
  }
  return PARTS.find(([part]) => name.includes(part))?.[1] ?? "other";
}

/** Names that keep the converter's type (src/llama-quant.cpp, tensor_allows_quantization). */
const KEPT_PARTS: readonly string[] = [
  "_norm.weight",
  "ffn_gate_inp.weight",
  "ffn_gate_tid2eid.weight",
  "altup",
  "laurel",
  "per_layer_model_proj",
  "ssm_conv1d",
  "shortconv.conv.weight",
  "indexer.k_proj.weight",
  "indexer.q_proj.weight",
];

/** Whether a mix may change the tensor's type: a matrix of weights that is not on the list of exceptions. */
export function mayQuantize(tensor: PlannedTensor): boolean {
  const sides = tensor.shape.findLastIndex((side) => side !== 1) + 1;
  return (
    sides >= 2 &&
    tensor.name.endsWith("weight") &&
    !KEPT_PARTS.some((part) => tensor.name.includes(part))
  );
}
