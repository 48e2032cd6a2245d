import {
  cont,
  flashAttention,
  input,
  like,
  matMul,
  permute,
  reshape,
  setRows,
  transpose,
  view,
} from "../ggml/operations.ts";
import type { Tensor } from "../ggml/tensor.ts";
import { isQuantized, rowBytes } from "../tensor-types.ts";
import type { GraphBuilder } from "./graph-builder.ts";

/** Lengths of a block's attention. */
export interface AttentionShape {
  readonly kvHeads: number;
  readonly keyLength: number;
  readonly valueLength: number;
  /** Cells of one stream of its cache. */
  readonly cells: number;
}

/** Inputs that the blocks with one kind of cache share (build_attn_inp_kv). */
export interface AttentionInputs {
  readonly keyRows: Tensor;
  readonly valueRows: Tensor;
  readonly mask: Tensor;
  readonly keyRotation: Tensor | null;
  readonly valueRotation: Tensor | null;
}

/** A rotation is made of squares of at least this side (src/llama-kv-cache.cpp, build_input_k_rot). */
const ROTATION_SIDE = 64;

/** `widestValues`: the largest value row of all blocks; without flash attention every element gets a row index. */
export function attentionInputs(
  builder: GraphBuilder,
  shape: AttentionShape,
  widestValues: number,
): AttentionInputs {
  const { context } = builder.input;
  const { tokens } = builder.batch;
  const transposed = !context.flashAttention;
  const rotates = isQuantized(context.cacheType);
  return {
    keyRows: input("I64", tokens),
    valueRows: input("I64", transposed ? tokens * widestValues : tokens),
    mask: attentionMask(builder, shape.cells),
    keyRotation:
      rotates && shape.keyLength % ROTATION_SIDE === 0 ? keyRotation(shape.keyLength) : null,
    valueRotation:
      rotates && shape.valueLength % ROTATION_SIDE === 0
        ? input("F32", ROTATION_SIDE, ROTATION_SIDE)
        : null,
  };
}

/** build_attn_inp_kq_mask. */
export function attentionMask(builder: GraphBuilder, cells: number): Tensor {
  const { streams, flashAttention: flash } = builder.input.context;
  return input(flash ? "F16" : "F32", cells, builder.batch.tokens / streams, 1, streams);
}

/** The biggest power of two times 64 that divides a key. */
function keyRotation(keyLength: number): Tensor {
  let side = ROTATION_SIDE;
  do side *= 2;
  while (keyLength % side === 0);
  return input("F32", side / 2, side / 2);
}

/** Ways in which architectures attend differently. */
export interface AttentionOptions {
  /** With windows the graph computes keys before values (build_attn with llm_graph_input_attn_kv_iswa). */
  readonly keysFirst?: boolean;
  /** A weight of each head that takes attention from all tokens. */
  readonly sinks?: Tensor;
}

/** Writes keys and values to the cache, attends, and joins the heads (build_attn with llm_graph_input_attn_kv). */
export function attend(
  builder: GraphBuilder,
  block: number,
  shape: AttentionShape,
  inputs: AttentionInputs,
  [query, key, value]: readonly [Tensor, Tensor, Tensor],
  { keysFirst = false, sinks }: AttentionOptions = {},
): Tensor {
  const { graph } = builder;
  const q = inputs.keyRotation === null ? query : builder.hadamard(query, inputs.keyRotation);
  const k = inputs.keyRotation === null ? key : builder.hadamard(key, inputs.keyRotation);
  const v = inputs.valueRotation === null ? value : builder.hadamard(value, inputs.valueRotation);
  for (const part of keysFirst ? [q, k, v] : [q, v, k]) graph.expand(part);
  graph.expand(storeKeys(builder, block, shape, inputs.keyRows, k));
  graph.expand(storeValues(builder, block, shape, inputs, v));
  const keys = cachedKeys(builder, block, shape);
  const cur = mix(builder, q, keys, cachedValues(builder, block, shape), inputs.mask, { sinks });
  return inputs.valueRotation === null ? cur : builder.hadamard(cur, inputs.valueRotation);
}

/** Extras of attention: see {@link AttentionOptions}, and latent attention's matrix from the shared row to values. */
interface MixOptions {
  readonly sinks?: Tensor | undefined;
  readonly decompress?: Tensor;
}

/** build_attn_mha. */
export function mix(
  builder: GraphBuilder,
  query: Tensor,
  key: Tensor,
  value: Tensor,
  mask: Tensor,
  { sinks, decompress }: MixOptions = {},
): Tensor {
  const extra = sinks === undefined ? [] : [sinks];
  const { flashAttention: flash } = builder.input.context;
  const streams = key.lengths[3];
  const transposed = value.strides[1] > value.strides[2];
  const [q0, q1, q2] = query.lengths;
  const [, s1, s2, s3] = query.strides;
  const streamed = view(query, [q0, q1, q2 / streams, streams], [s1, s2, s3 / streams]);
  const q = permute(streamed, [0, 2, 1, 3]);
  const k = permute(key, [0, 2, 1, 3]);
  let v = permute(value, [0, 2, 1, 3]);
  let cur: Tensor;
  if (flash) {
    if (transposed) v = transpose(v);
    cur = flashAttention(q, k, v, mask, ...extra);
    if (decompress !== undefined) {
      const heads = matMul(decompress, permute(cur, [0, 2, 1, 3]));
      cur = cont(permute(heads, [0, 2, 1, 3]));
    }
    const [a, b, c, d] = cur.lengths;
    cur = reshape(cur, a * b, c * d);
  } else {
    const weights = like("SOFT_MAX", matMul(k, q), mask, ...extra);
    if (!transposed) v = cont(transpose(v));
    let mixed = matMul(v, weights);
    if (decompress !== undefined) mixed = matMul(decompress, mixed);
    const joined = permute(mixed, [0, 2, 1, 3]);
    const [a, b, c, d] = joined.lengths;
    cur = cont(joined, a * b, c * d);
  }
  builder.graph.expand(cur);
  return cur;
}

function keyCache(builder: GraphBuilder, block: number, shape: AttentionShape): Tensor {
  const { cacheType, streams } = builder.input.context;
  return builder.cache(`k${block}`, block, cacheType, [
    shape.kvHeads * shape.keyLength,
    shape.cells,
    streams,
    1,
  ]);
}

function valueCache(builder: GraphBuilder, block: number, shape: AttentionShape): Tensor {
  const { cacheType, streams } = builder.input.context;
  return builder.cache(`v${block}`, block, cacheType, [
    shape.kvHeads * shape.valueLength,
    shape.cells,
    streams,
    1,
  ]);
}

/** llama_kv_cache::cpy_k. */
export function storeKeys(
  builder: GraphBuilder,
  block: number,
  shape: AttentionShape,
  keyRows: Tensor,
  key: Tensor,
): Tensor {
  const [length, heads, tokens] = key.lengths;
  const rows = view(key, [length * heads, tokens], [key.strides[2]]);
  return setRows(allStreams(keyCache(builder, block, shape)), rows, keyRows);
}

/** llama_kv_cache::cpy_v; without flash attention values are stored element by element, transposed. */
function storeValues(
  builder: GraphBuilder,
  block: number,
  shape: AttentionShape,
  inputs: AttentionInputs,
  value: Tensor,
): Tensor {
  const cache = valueCache(builder, block, shape);
  const [length, heads, tokens] = value.lengths;
  const width = length * heads;
  if (builder.input.context.flashAttention) {
    return setRows(
      allStreams(cache),
      view(value, [width, tokens], [value.strides[2]]),
      inputs.valueRows,
    );
  }
  const flat =
    rowBytes(value.type, width) === value.strides[2]
      ? reshape(value, width, tokens)
      : cont(value, width, tokens);
  return setRows(
    reshape(cache, 1, cache.elements),
    reshape(flat, 1, flat.elements),
    inputs.valueRows,
  );
}

function allStreams(cache: Tensor): Tensor {
  const [width, cells, streams] = cache.lengths;
  return streams > 1 ? reshape(cache, width, cells * streams) : cache;
}

/** llama_kv_cache::get_k. */
export function cachedKeys(builder: GraphBuilder, block: number, shape: AttentionShape): Tensor {
  const cache = keyCache(builder, block, shape);
  const { streams, cacheType: type } = builder.input.context;
  const width = shape.kvHeads * shape.keyLength;
  return view(
    cache,
    [shape.keyLength, shape.kvHeads, shape.cells, streams],
    [rowBytes(type, shape.keyLength), rowBytes(type, width), rowBytes(type, width * shape.cells)],
  );
}

/** llama_kv_cache::get_v. */
function cachedValues(builder: GraphBuilder, block: number, shape: AttentionShape): Tensor {
  const cache = valueCache(builder, block, shape);
  const { streams, cacheType: type, flashAttention: flash } = builder.input.context;
  const { kvHeads, valueLength, cells } = shape;
  const width = kvHeads * valueLength;
  if (flash) {
    return view(
      cache,
      [valueLength, kvHeads, cells, streams],
      [rowBytes(type, valueLength), rowBytes(type, width), rowBytes(type, width * cells)],
    );
  }
  return view(
    cache,
    [cells, kvHeads, valueLength, streams],
    [rowBytes(type, cells * valueLength), rowBytes(type, cells), rowBytes(type, cells * width)],
  );
}
