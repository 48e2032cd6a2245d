import { getRows, input, like } from "../ggml/operations.ts";
import type { Tensor } from "../ggml/tensor.ts";
import { widestValueRow } from "../kv-cache.ts";
import {
  attend,
  type AttentionInputs,
  attentionInputs,
  type AttentionOptions,
} from "./attention.ts";
import { blockShape } from "./block-shape.ts";
import { finish, queriesKeysValues } from "./dense-transformer.ts";
import { feedForward } from "./feed-forward.ts";
import type { GraphBuilder } from "./graph-builder.ts";

/** Inputs of blocks that see everything and of those that see a window, each with a cache of its own (build_attn_inp_kv_iswa). */
interface WindowedInputs {
  readonly full: AttentionInputs;
  readonly windowed: AttentionInputs | null;
}

function windowedInputs(builder: GraphBuilder): WindowedInputs {
  const { model } = builder.input;
  const find = (windowed: boolean): number =>
    model.blocks.findIndex(
      ({ cache }) => cache.kind === "gqa" && (cache.windowTokens !== null) === windowed,
    );
  const inputsOf = (block: number): AttentionInputs =>
    attentionInputs(builder, blockShape(builder.input, block), widestValueRow(model));
  const full = find(false);
  const windowed = find(true);
  return {
    full: inputsOf(Math.max(full, 0)),
    windowed: windowed === -1 ? null : inputsOf(windowed),
  };
}

function attendWindowed(
  builder: GraphBuilder,
  block: number,
  inputs: WindowedInputs,
  qkv: readonly [Tensor, Tensor, Tensor],
  options: AttentionOptions,
): Tensor {
  const cache = builder.input.model.blocks[block]?.cache;
  const sees = cache?.kind === "gqa" && cache.windowTokens !== null ? inputs.windowed : null;
  const shape = blockShape(builder.input, block);
  const keysFirst = inputs.windowed !== null;
  return attend(builder, block, shape, sees ?? inputs.full, qkv, { ...options, keysFirst });
}

/** gemma3: norms before and after both parts of a block (llama.cpp v0.5.0 src/models/gemma3.cpp). */
export function buildGemma(builder: GraphBuilder): void {
  const { blocks } = builder.input;
  let current = like("SCALE", builder.embeddings());
  const positions = input("I32", builder.batch.tokens);
  const inputs = windowedInputs(builder);
  const wanted = input("I32", builder.batch.outputs);
  const last = blocks.at(-1);
  for (const block of blocks) {
    const shape = blockShape(builder.input, block);
    const normed = builder.norm(current, block, "attn_norm");
    const [query, key, value] = queriesKeysValues(builder, block, shape, normed, positions);
    let cur = attendWindowed(builder, block, inputs, [like("SCALE", query), key, value], {});
    cur = builder.linear(cur, block, "attn_output");
    if (block === last) {
      cur = getRows(cur, wanted);
      current = getRows(current, wanted);
    }
    const middle = like("ADD", builder.norm(cur, block, "post_attention_norm"), current);
    const ffn = feedForward(builder, block, builder.norm(middle, block, "ffn_norm"));
    current = like("ADD", builder.norm(ffn, block, "post_ffw_norm", { pinned: false }), middle);
  }
  finish(builder, current);
}

/** gpt-oss: windows in every second block, sinks, experts with biases (llama.cpp v0.5.0 src/models/openai-moe.cpp). */
export function buildGptOss(builder: GraphBuilder): void {
  const { blocks } = builder.input;
  let current = builder.embeddings();
  const positions = input("I32", builder.batch.tokens);
  const inputs = windowedInputs(builder);
  const wanted = input("I32", builder.batch.outputs);
  for (const block of blocks) {
    const residual = current;
    const shape = blockShape(builder.input, block);
    const normed = builder.norm(current, block, "attn_norm");
    const qkv = queriesKeysValues(builder, block, shape, normed, positions);
    const sinks = builder.optional(block, "attn_sinks");
    const options = sinks === undefined ? {} : { sinks };
    const attended = attendWindowed(builder, block, inputs, qkv, options);
    const middle = like("ADD", builder.linear(attended, block, "attn_output"), residual);
    const ffn = builder.norm(middle, block, "post_attention_norm");
    current = like("ADD", feedForward(builder, block, ffn), middle);
  }
  current.isOutput = true;
  finish(builder, getRows(current, wanted));
}
