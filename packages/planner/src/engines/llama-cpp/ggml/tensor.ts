import { blockBytes, blockElements } from "../tensor-types.ts";

/** Operations that the planned models use (ggml.h, enum ggml_op). */
export type Operation =
  | "NONE"
  | "RESHAPE"
  | "VIEW"
  | "PERMUTE"
  | "TRANSPOSE"
  | "ADD"
  | "ADD_ID"
  | "SUB"
  | "MUL"
  | "DIV"
  | "SCALE"
  | "SQR"
  | "CLAMP"
  | "UNARY"
  | "GLU"
  | "RMS_NORM"
  | "L2_NORM"
  | "SUM_ROWS"
  | "SOFT_MAX"
  | "ROPE"
  | "MUL_MAT"
  | "MUL_MAT_ID"
  | "GET_ROWS"
  | "SET_ROWS"
  | "CPY"
  | "CONT"
  | "CONCAT"
  | "REPEAT"
  | "ARGSORT"
  | "FILL"
  | "PAD"
  | "SSM_CONV"
  | "GATED_DELTA_NET"
  | "FLASH_ATTN_EXT";

/** Lengths or strides of the four dimensions, the row first. */
export type Four = readonly [number, number, number, number];

/**
 * Storage that exists before the graph is allocated: a weight or a cache. Its buffer is "cpu", "amx",
 * "repack", "pinned" or a device's index.
 */
export interface Storage {
  readonly buffer: "cpu" | "amx" | "repack" | "pinned" | number;
  readonly weights: boolean;
}

/** A tensor of a compute graph without data: what ggml's allocator and scheduler look at (ggml.h, struct ggml_tensor). */
export class Tensor {
  readonly type: string;
  readonly lengths: Four;
  readonly strides: Four;
  readonly operation: Operation;
  readonly sources: Tensor[];
  /** The tensor whose storage this one shows, never itself a view. */
  readonly viewOf: Tensor | null;
  readonly storage: Storage | null;
  isInput = false;
  isOutput = false;
  /** Backend that runs it or holds it; -1 while not known. */
  backend = -1;

  // the graph allocator's state (ggml-alloc.c, struct hash_node)
  children = 0;
  views = 0;
  allocated = false;
  allocatorIndex = 0;
  chunk = 0;
  offset = 0;
  /** How many sources of the graph's nodes it is. */
  uses = 0;
  /** Already in the graph. */
  visited = false;

  #bytes = -1;

  constructor(
    type: string,
    lengths: Four,
    operation: Operation,
    sources: Tensor[],
    options: { strides?: Four; viewOf?: Tensor; storage?: Storage } = {},
  ) {
    this.type = type;
    this.lengths = lengths;
    this.operation = operation;
    this.sources = sources;
    this.strides = options.strides ?? contiguousStrides(type, lengths);
    const base = options.viewOf;
    this.viewOf = base === undefined ? null : (base.viewOf ?? base);
    this.storage = options.storage ?? this.viewOf?.storage ?? null;
  }

  /** Bytes from the first to the last element (ggml.c, ggml_nbytes). */
  get bytes(): number {
    if (this.#bytes >= 0) return this.#bytes;
    const block = blockElements(this.type);
    const [a, b, c, d] = this.lengths;
    if (a * b * c * d === 0) return 0;
    const [s0, s1, s2, s3] = this.strides;
    const rest = (b - 1) * s1 + (c - 1) * s2 + (d - 1) * s3;
    const row = block === 1 ? blockBytes(this.type) + (a - 1) * s0 : (a * s0) / block;
    this.#bytes = row + rest;
    return this.#bytes;
  }

  get elements(): number {
    const [a, b, c, d] = this.lengths;
    return a * b * c * d;
  }

  /** ggml.c, ggml_is_contiguous; strides of dimensions of length 1 do not matter. */
  get isContiguous(): boolean {
    const expected = contiguousStrides(this.type, this.lengths);
    return this.lengths.every((length, i) => length === 1 || this.strides[i] === expected[i]);
  }

  /** Shapes only; nothing is computed (ggml-backend.cpp, ggml_is_view_op). */
  get isViewOperation(): boolean {
    const { operation } = this;
    return (
      operation === "VIEW" ||
      operation === "RESHAPE" ||
      operation === "PERMUTE" ||
      operation === "TRANSPOSE"
    );
  }
}

/** Strides of rows without gaps (ggml.c, ggml_new_tensor_impl). */
export function contiguousStrides(type: string, [a, b, c]: Four): Four {
  const first = blockBytes(type);
  const second = (first * a) / blockElements(type);
  const third = second * b;
  return [first, second, third, third * c];
}

/** ggml-impl.h, ggml_are_same_layout. */
export function sameLayout(a: Tensor, b: Tensor): boolean {
  if (a.type !== b.type) return false;
  for (let i = 0; i < 4; i += 1) {
    if (a.lengths[i] !== b.lengths[i] || a.strides[i] !== b.strides[i]) return false;
  }
  return true;
}
