import { cont, getRows, input, like, reshape, view } from "../ggml/operations.ts";
import type { Tensor } from "../ggml/tensor.ts";
import { rowBytes } from "../tensor-types.ts";
import { attend, type AttentionInputs, attentionInputs } from "./attention.ts";
import { widestValueRow } from "../kv-cache.ts";
import { blockShape } from "./block-shape.ts";
import { feedForward } from "./feed-forward.ts";
import type { GraphBuilder } from "./graph-builder.ts";
import { linearAttention, stateInputs } from "./linear-attention.ts";

/** Positions of a token: time, height, width and one more (llama-hparams.cpp, n_pos_per_embd). */
const POSITIONS_PER_TOKEN = 4;

/**
 * qwen35 and qwen35moe: linear attention with a state in most blocks, gated full attention in every
 * fourth (llama.cpp v0.5.0 src/models/qwen35.cpp and qwen35moe.cpp).
 */
export function buildHybridTransformer(builder: GraphBuilder): void {
  const { model, blocks } = builder.input;
  let current = builder.embeddings();
  const attending = blocks.find((block) => model.blocks[block]?.cache.kind === "gqa") ?? 0;
  const shape = blockShape(builder.input, attending);
  const states = stateInputs(builder);
  const inputs = attentionInputs(builder, shape, widestValueRow(model));
  const positions = input("I32", builder.batch.tokens * POSITIONS_PER_TOKEN);
  const wanted = input("I32", builder.batch.outputs);
  for (const block of blocks) {
    const residual = current;
    const normed = builder.norm(current, block, "attn_norm");
    builder.graph.expand(normed);
    const cur =
      model.blocks[block]?.cache.kind === "recurrent"
        ? linearAttention(builder, block, normed, states)
        : gatedAttention(builder, block, normed, inputs, positions);
    const middle = like("ADD", cur, residual);
    const ffn = builder.norm(middle, block, "post_attention_norm");
    current = like("ADD", feedForward(builder, block, ffn), middle);
  }
  const hidden = builder.norm(current, null, "output_norm");
  const normed = getRows(hidden, wanted);
  const logits = builder.linear(normed, null, "output");
  for (const output of [hidden, normed, logits]) output.isOutput = true;
  builder.graph.expand(logits);
}

/** Full attention whose result is multiplied by a gate that comes with the queries (build_layer_attn). */
function gatedAttention(
  builder: GraphBuilder,
  block: number,
  x: Tensor,
  inputs: AttentionInputs,
  positions: Tensor,
): Tensor {
  const shape = blockShape(builder.input, block);
  const heads = builder.input.model.attentionHeads;
  const { tokens } = builder.batch;
  const { keyLength: length, kvHeads } = shape;
  const both = builder.linear(x, block, "attn_q");
  const keys = builder.linear(x, block, "attn_k");
  const values = builder.linear(x, block, "attn_v");
  const twice = rowBytes(both.type, 2 * length);
  const half = (): Tensor => view(both, [length, heads, tokens], [twice, twice * heads]);
  const query = builder.norm(half(), block, "attn_q_norm");
  const key = builder.norm(reshape(keys, length, kvHeads, tokens), block, "attn_k_norm");
  const gate = cont(half(), length * heads, tokens);
  const qkv: [Tensor, Tensor, Tensor] = [
    like("ROPE", query, positions),
    like("ROPE", key, positions),
    reshape(values, length, kvHeads, tokens),
  ];
  const attended = attend(builder, block, shape, inputs, qkv);
  return builder.linear(like("MUL", attended, like("UNARY", gate)), block, "attn_output");
}
