import { gated, like, matMul } from "../ggml/operations.ts";
import { Tensor } from "../ggml/tensor.ts";
import { expertOptions, routedExperts } from "./experts.ts";
import type { GraphBuilder } from "./graph-builder.ts";

/** A block's feed-forward net: gated, or experts with a shared one where the block has them. */
export function feedForward(builder: GraphBuilder, block: number, x: Tensor): Tensor {
  if (builder.optional(block, "ffn_gate_inp") === undefined) {
    return gatedFeedForward(builder, block, "", x);
  }
  const routed = routedExperts(builder, block, x, expertOptions(builder.input.model));
  if (builder.optional(block, "ffn_up_shexp") === undefined) return routed;
  let shared = gatedFeedForward(builder, block, "_shexp", x);
  const gate = builder.optional(block, "ffn_gate_inp_shexp");
  if (gate !== undefined) shared = like("MUL", shared, like("UNARY", matMul(gate, x)));
  return like("ADD", routed, shared);
}

/** down(silu(gate(x)) * up(x)) (src/llama-graph.cpp, build_ffn with LLM_FFN_SILU, LLM_FFN_PAR). */
export function gatedFeedForward(
  builder: GraphBuilder,
  block: number,
  suffix: "" | "_shexp",
  x: Tensor,
): Tensor {
  const up = builder.linear(x, block, `ffn_up${suffix}`);
  const gate = builder.linear(x, block, `ffn_gate${suffix}`);
  return builder.linear(gated(gate, up), block, `ffn_down${suffix}`);
}
