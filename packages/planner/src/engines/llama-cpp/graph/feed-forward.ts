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
  const shared = gatedFeedForward(builder, block, "_shexp", x);
  const gate = builder.optional(block, "ffn_gate_inp_shexp");
  if (gate === undefined) return like("ADD", routed, shared);
  const logits = matMul(gate, x);
  const opened = like("UNARY", logits);
  // qwen2moe writes the sigmoid as silu(x) / x (src/models/qwen2moe.cpp)
  const share =
    builder.input.model.architecture === "qwen2moe" ? like("DIV", opened, logits) : opened;
  return like("ADD", routed, like("MUL", shared, share));
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
