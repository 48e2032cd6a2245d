import {
  concat,
  getRows,
  input,
  like,
  matMul,
  permute,
  reshape,
  view,
} from "../ggml/operations.ts";
import type { Tensor } from "../ggml/tensor.ts";
import { rowBytes } from "../tensor-types.ts";
import { type AttentionShape, attentionMask, cachedKeys, mix, storeKeys } from "./attention.ts";
import { finish } from "./dense-transformer.ts";
import { feedForward } from "./feed-forward.ts";
import type { GraphBuilder } from "./graph-builder.ts";

/** Lengths of latent attention: one shared row a token, from which all heads' keys and values come. */
interface LatentShape {
  readonly heads: number;
  /** The compressed part of the row. */
  readonly latentLength: number;
  readonly ropeLength: number;
  /** A head's key without its rotated part. */
  readonly keyLength: number;
  readonly cells: number;
}

/**
 * deepseek2 with multi-head latent attention: DeepSeek-V3, R1 and kin (llama.cpp v0.5.0
 * src/models/deepseek2.cpp, llama_model_deepseek2::graph). Files from before the attention matrices
 * were split have grouped attention instead.
 */
export function buildLatentTransformer(builder: GraphBuilder): void {
  const { blocks, context } = builder.input;
  const shape = latentShape(builder);
  let current = builder.embeddings();
  const positions = input("I32", builder.batch.tokens);
  const rows = input("I64", builder.batch.tokens);
  const mask = attentionMask(builder, context.streamCells);
  const wanted = input("I32", builder.batch.outputs);
  const last = blocks.at(-1);
  for (const block of blocks) {
    let residual = current;
    const normed = builder.norm(current, block, "attn_norm");
    let cur = latentAttention(builder, block, shape, normed, { positions, rows, mask });
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

function latentShape({ input: { model, context } }: GraphBuilder): LatentShape {
  const number = (key: string): number => {
    const value = model.hyperparameters[key];
    return typeof value === "number" ? value : 0;
  };
  return {
    heads: model.attentionHeads,
    latentLength: number("attention.kv_lora_rank"),
    ropeLength: model.ropeDimensions,
    keyLength: number("attention.key_length_mla") - model.ropeDimensions,
    cells: context.streamCells,
  };
}

interface LatentInputs {
  readonly positions: Tensor;
  readonly rows: Tensor;
  readonly mask: Tensor;
}

function latentAttention(
  builder: GraphBuilder,
  block: number,
  shape: LatentShape,
  x: Tensor,
  inputs: LatentInputs,
): Tensor {
  const { heads, latentLength, ropeLength, keyLength, cells } = shape;
  const { tokens } = builder.batch;
  const query = reshape(queries(builder, block, x), keyLength + ropeLength, heads, tokens);
  const joined = builder.linear(x, block, "attn_kv_a_mqa");
  const stride = rowBytes(joined.type, latentLength + ropeLength);
  const keyRotated = like(
    "ROPE",
    view(joined, [ropeLength, 1, tokens], [stride, stride]),
    inputs.positions,
  );
  const latent = builder.norm(
    view(joined, [latentLength, tokens], [stride]),
    block,
    "attn_kv_a_norm",
  );

  const [, s1, s2] = query.strides;
  const plain = permute(view(query, [keyLength, heads, tokens], [s1, s2]), [0, 2, 1, 3]);
  const rotated = like(
    "ROPE",
    view(query, [ropeLength, heads, tokens], [s1, s2]),
    inputs.positions,
  );
  const absorb = builder.weight(block, "attn_k_b", keyLength, latentLength);
  const absorbed = permute(matMul(absorb, plain), [0, 2, 1, 3]);
  const q = concat(absorbed, rotated, 0);
  const v = reshape(latent, latentLength, 1, tokens);
  const k = concat(v, keyRotated, 0);

  const cacheShape: AttentionShape = {
    kvHeads: 1,
    keyLength: latentLength + ropeLength,
    valueLength: latentLength,
    cells,
  };
  builder.graph.expand(q);
  builder.graph.expand(v);
  builder.graph.expand(k);
  builder.graph.expand(storeKeys(builder, block, cacheShape, inputs.rows, k));
  const keys = cachedKeys(builder, block, cacheShape);
  const [, c1, c2, c3] = keys.strides;
  const values = view(keys, [latentLength, 1, cells, keys.lengths[3]], [c1, c2, c3]);
  const decompress = builder.weight(block, "attn_v_b", latentLength, latentLength);
  return mix(builder, q, keys, values, inputs.mask, { decompress });
}

/** Queries through a bottleneck, or without one in the smaller models. */
function queries(builder: GraphBuilder, block: number, x: Tensor): Tensor {
  if (builder.optional(block, "attn_q_a") === undefined) return builder.linear(x, block, "attn_q");
  const narrow = builder.norm(builder.linear(x, block, "attn_q_a"), block, "attn_q_a_norm");
  return builder.linear(narrow, block, "attn_q_b");
}
