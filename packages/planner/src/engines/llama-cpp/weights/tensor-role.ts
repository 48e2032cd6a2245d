/** The part of the model that a tensor belongs to, and with it the device that it goes to. */
export type TensorLayer = "input" | "output" | number;

/** What the engine computes with a tensor; decides which buffers may hold it. */
export type TensorOperation =
  | "MUL_MAT"
  | "MUL_MAT_ID"
  | "GET_ROWS"
  | "MUL"
  | "ADD"
  | "ROPE"
  | "SSM_CONV"
  | "SCALE";

export interface TensorRole {
  readonly layer: TensorLayer;
  readonly operation: TensorOperation;
}

const INPUT = /^(token_embd|position_embd|token_types|per_layer_token_embd)\.weight$/;
const BLOCK = /^blk\.(\d+)\./;
const OPERATIONS: readonly (readonly [RegExp, TensorOperation])[] = [
  [/exps\.bias$/, "ADD"],
  [/\.bias$|exp_probs_b|\.ssm_dt/, "ADD"],
  [/_exps\.weight$/, "MUL_MAT_ID"],
  [/rope_(freqs|factors_long|factors_short)/, "ROPE"],
  [/norm\.weight$|\.ssm_[ad]$|\.(input_)?scale$/, "MUL"],
  [/(ssm_conv1d|shortconv\.conv)\.weight$/, "SSM_CONV"],
  [/attn_sinks/, "SCALE"],
];

/**
 * Where a tensor stands and what is done with it, from its name
 * (llama.cpp v0.5.0 src/llama-arch.cpp, LLM_TENSOR_NAMES and LLM_TENSOR_INFOS).
 */
export function tensorRole(name: string): TensorRole {
  const block = BLOCK.exec(name)?.[1];
  if (INPUT.test(name)) return { layer: "input", operation: "GET_ROWS" };
  const operation = OPERATIONS.find(([pattern]) => pattern.test(name))?.[1] ?? "MUL_MAT";
  if (block !== undefined) return { layer: Number(block), operation };
  // rope factors and the embedding's norm are loaded with the first block
  if (operation === "ROPE" || name.startsWith("token_embd_norm")) return { layer: 0, operation };
  return { layer: "output", operation };
}
