import { getRows, input, like, reshape, view } from "../ggml/operations.ts";
import { Tensor } from "../ggml/tensor.ts";
import { rowBytes } from "../tensor-types.ts";
import { attend, type AttentionShape, attentionInputs } from "./attention.ts";
import { feedForward } from "./feed-forward.ts";
import { widestValueRow } from "../kv-cache.ts";
import { blockShape } from "./block-shape.ts";
import type { GraphBuilder } from "./graph-builder.ts";

/**
 * qwen2, qwen3, qwen3moe, llama and their kin: attention with optional biases and norms of queries and keys, then a
 * gated feed-forward net or experts (llama.cpp v0.5.0 src/models/qwen2.cpp, qwen3.cpp, qwen3moe.cpp, llama.cpp).
 */
export function buildDenseTransformer(builder: GraphBuilder): void {
  const { model, blocks } = builder.input;
  let current = builder.embeddings();
  const positions = input("I32", builder.batch.tokens);
  const first = blockShape(builder.input, blocks[0] ?? 0);
  const inputs = attentionInputs(builder, first, widestValueRow(model));
  const wanted = input("I32", builder.batch.outputs);
  const last = blocks.at(-1);
  for (const block of blocks) {
    let residual = current;
    const shape = blockShape(builder.input, block);
    const normed = builder.norm(current, block, "attn_norm");
    const qkv = queriesKeysValues(builder, block, shape, normed, positions);
    let cur = attend(builder, block, shape, inputs, qkv);
    cur = builder.linear(cur, block, "attn_output");
    if (block === last) {
      cur = getRows(cur, wanted);
      residual = getRows(residual, wanted);
    }
    const middle = like("ADD", cur, residual);
    const ffn = builder.norm(middle, block, "ffn_norm");
    current = like("ADD", feedForward(builder, block, ffn), middle);
  }
  finish(builder, current);
}

/** The three projections, split in heads, normed where the model does, and rotated (build_qkv). */
export function queriesKeysValues(
  builder: GraphBuilder,
  block: number,
  shape: AttentionShape,
  x: Tensor,
  positions: Tensor,
): [Tensor, Tensor, Tensor] {
  const heads = builder.input.model.attentionHeads;
  const { tokens } = builder.batch;
  const { keyLength, valueLength, kvHeads } = shape;
  let query: Tensor;
  let key: Tensor;
  let value: Tensor;
  if (builder.optional(block, "attn_qkv") === undefined) {
    query = reshape(builder.linear(x, block, "attn_q"), keyLength, heads, tokens);
    key = reshape(builder.linear(x, block, "attn_k"), keyLength, kvHeads, tokens);
    value = reshape(builder.linear(x, block, "attn_v"), valueLength, kvHeads, tokens);
  } else {
    const fused = builder.linear(x, block, "attn_qkv");
    const part = (length: number, count: number): Tensor =>
      view(fused, [length, count, tokens], [rowBytes(fused.type, length), fused.strides[1]]);
    query = part(keyLength, heads);
    key = part(keyLength, kvHeads);
    value = part(valueLength, kvHeads);
  }
  const factors = builder.ropeFactors(block);
  const rotated = (t: Tensor, norm: string): Tensor => {
    const normed = builder.optional(block, norm) === undefined ? t : builder.norm(t, block, norm);
    return like("ROPE", normed, ...(factors === undefined ? [positions] : [positions, factors]));
  };
  return [rotated(query, "attn_q_norm"), rotated(key, "attn_k_norm"), value];
}

/** The last norm and the head; both stay allocated to the end (llm_graph_result::set_outputs). */
export function finish(builder: GraphBuilder, x: Tensor): void {
  const normed = builder.norm(x, null, "output_norm");
  const logits = builder.linear(normed, null, "output");
  normed.isOutput = true;
  logits.isOutput = true;
  builder.graph.expand(logits);
}
