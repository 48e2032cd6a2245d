import {
  concat,
  convolve,
  copyTo,
  gatedDeltaNet,
  getRows,
  inPlace,
  input,
  like,
  reshape,
  transpose,
  view,
} from "../ggml/operations.ts";
import type { Tensor } from "../ggml/tensor.ts";
import { rowBytes } from "../tensor-types.ts";
import type { GraphBuilder } from "./graph-builder.ts";

/** Which states a batch's sequences take up (build_rs_inp_impl). */
export interface StateInputs {
  readonly used: Tensor;
  readonly unused: Tensor;
}

export function stateInputs({ input: { context } }: GraphBuilder): StateInputs {
  const copies = input("I32", context.sequences);
  return { used: view(copies, [context.sequences], []), unused: view(copies, [0], []) };
}

/** Lengths of a linear attention block, from the file's ssm keys. */
interface LinearShape {
  readonly kernel: number;
  readonly inner: number;
  readonly keyLength: number;
  readonly keyHeads: number;
  readonly valueHeads: number;
  readonly valueLength: number;
}

function linearShape({ input: { model } }: GraphBuilder): LinearShape {
  const number = (key: string): number => {
    const value = model.hyperparameters[`ssm.${key}`];
    return typeof value === "number" ? value : 1;
  };
  const inner = number("inner_size");
  const valueHeads = number("time_step_rank");
  return {
    kernel: number("conv_kernel"),
    inner,
    keyLength: number("state_size"),
    keyHeads: number("group_count"),
    valueHeads,
    valueLength: inner / valueHeads,
  };
}

/**
 * A gated delta net: a convolution over the last tokens, then a state for each head that is decayed and
 * corrected (llama.cpp v0.5.0 src/models/qwen35.cpp, build_layer_attn_linear; delta-net-base.cpp).
 */
export function linearAttention(
  builder: GraphBuilder,
  block: number,
  x: Tensor,
  states: StateInputs,
): Tensor {
  const shape = linearShape(builder);
  const { inner, keyLength, keyHeads, valueHeads, valueLength } = shape;
  const { sequences } = builder.input.context;
  const tokens = builder.batch.tokens / sequences;
  const qkv = builder.linear(x, block, "attn_qkv");
  const joined = reshape(qkv, qkv.lengths[0], tokens, sequences);
  const z = builder.linear(x, block, "attn_gate");
  const betas = builder.linear(x, block, "ssm_beta");
  const beta = like("UNARY", reshape(betas, 1, valueHeads, tokens, sequences));
  const gate = decay(builder, block, x, shape, tokens);

  const convolved = convolution(builder, block, shape, joined, states);
  const stateElements = valueLength * valueLength * valueHeads;
  const store = builder.cache(`s${block}`, block, "F32", [stateElements, sequences, 1, 1]);
  const taken = takeStates(builder, store, stateElements, states);
  const state = reshape(taken, valueLength, valueLength, valueHeads, sequences);
  const kernel = builder.weight(block, "ssm_conv1d", shape.kernel, inner);
  const mixed = like("UNARY", convolve(convolved, kernel));

  const width = rowBytes(mixed.type, 2 * keyLength * keyHeads + inner);
  const part = (length: number, heads: number): Tensor =>
    view(
      mixed,
      [length, heads, tokens, sequences],
      [rowBytes(mixed.type, length), width, width * tokens],
    );
  const q = unitLength(builder, part(keyLength, keyHeads));
  const k = unitLength(builder, part(keyLength, keyHeads));
  const v = part(valueLength, valueHeads);
  const result = gatedDeltaNet(q, k, v, gate, beta, state);
  const row = rowBytes(result.type, valueLength * valueHeads);
  const head = rowBytes(result.type, valueLength);
  const output = view(
    result,
    [valueLength, valueHeads, tokens, sequences],
    [head, row, row * tokens],
  );
  const newState = view(result, [valueLength, valueLength, valueHeads, sequences], []);
  builder.graph.expand(
    copyTo(newState, view(store, [stateElements, sequences], [store.strides[1]])),
  );

  const opened = like("UNARY", reshape(z, valueLength, valueHeads, tokens, sequences));
  const normed = like("MUL", builder.norm(output, block, "ssm_norm"), opened);
  const flat = reshape(normed, valueLength * valueHeads, tokens, sequences);
  const projected = builder.linear(flat, block, "ssm_out");
  return reshape(projected, builder.input.model.embeddingLength, tokens * sequences);
}

/** How much of each head's state stays. */
function decay(
  builder: GraphBuilder,
  block: number,
  x: Tensor,
  { valueHeads }: LinearShape,
  tokens: number,
): Tensor {
  const { sequences } = builder.input.context;
  let alpha = reshape(builder.linear(x, block, "ssm_alpha"), valueHeads, tokens, sequences);
  const bias = builder.bias(block, "ssm_dt");
  if (bias !== undefined) alpha = like("ADD", alpha, bias);
  const rate = like("MUL", like("UNARY", alpha), builder.weight(block, "ssm_a", valueHeads, 1));
  return reshape(rate, 1, valueHeads, tokens, sequences);
}

/** The last tokens before the batch and the batch itself; the end is kept for the next one (build_conv_state). */
function convolution(
  builder: GraphBuilder,
  block: number,
  { kernel, inner, keyLength, keyHeads }: LinearShape,
  joined: Tensor,
  states: StateInputs,
): Tensor {
  const { sequences } = builder.input.context;
  const channels = inner + 2 * keyHeads * keyLength;
  const elements = (kernel - 1) * channels;
  const store = builder.cache(`r${block}`, block, "F32", [elements, sequences, 1, 1]);
  const taken = takeStates(builder, store, elements, states);
  const before = reshape(taken, kernel - 1, channels, sequences);
  const all = concat(before, transpose(joined), 0);
  const end = view(all, [kernel - 1, channels, sequences], [all.strides[1], all.strides[2]]);
  builder.graph.expand(copyTo(end, view(store, [elements, sequences], [store.strides[1]])));
  return all;
}

/** States of the batch's sequences; a fresh one is cleared, those of others are moved (build_rs). */
function takeStates(
  builder: GraphBuilder,
  store: Tensor,
  elements: number,
  states: StateInputs,
): Tensor {
  const all = reshape(store, elements, store.lengths[1]);
  builder.graph.expand(inPlace("SCALE", view(all, [elements], [])));
  const taken = getRows(all, states.used);
  builder.graph.expand(taken);
  const rest = getRows(all, states.unused);
  builder.graph.expand(copyTo(rest, view(store, [elements, 0], [store.strides[1]])));
  return taken;
}

/** Since v0.5.0 by RMS norm and a scale, before by an L2 norm (src/models/models.h, build_gdn_l2_norm). */
function unitLength(builder: GraphBuilder, x: Tensor): Tensor {
  if (builder.input.version.unitLength === "l2-norm") return like("L2_NORM", x);
  return like("SCALE", like("RMS_NORM", x));
}
