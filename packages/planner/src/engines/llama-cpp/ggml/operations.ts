import { blockBytes, rowBytes } from "../tensor-types.ts";
import { type Four, type Operation, Tensor } from "./tensor.ts";

// Shapes and sources of ggml's operations (llama.cpp v0.5.0 ggml/src/ggml.c, the function of the same name).
// Sources stand in ggml's order, which decides the order of the graph and which input is written over.

/** A tensor that the program fills before the graph runs. */
export function input(type: string, ...lengths: readonly number[]): Tensor {
  const tensor = new Tensor(type, four(lengths), "NONE", []);
  tensor.isInput = true;
  return tensor;
}

/** An operation whose result has the shape of its first source (ggml_dup_tensor). */
export function like(operation: Operation, a: Tensor, ...more: readonly Tensor[]): Tensor {
  return new Tensor(a.type, a.lengths, operation, [a, ...more]);
}

export function matMul(a: Tensor, b: Tensor): Tensor {
  const lengths: Four = [a.lengths[1], b.lengths[1], b.lengths[2], b.lengths[3]];
  return new Tensor("F32", lengths, "MUL_MAT", [a, b]);
}

/** One matrix of `experts` for each of the ids. */
export function matMulById(experts: Tensor, b: Tensor, ids: Tensor): Tensor {
  const lengths: Four = [experts.lengths[1], ids.lengths[0], b.lengths[2], 1];
  return new Tensor("F32", lengths, "MUL_MAT_ID", [experts, b, ids]);
}

export function getRows(a: Tensor, rows: Tensor): Tensor {
  const lengths: Four = [a.lengths[0], rows.lengths[0], rows.lengths[1], rows.lengths[2]];
  return new Tensor(a.type === "I32" ? "I32" : "F32", lengths, "GET_ROWS", [a, rows]);
}

/** A view of the destination; its first source is what is written. */
export function setRows(destination: Tensor, values: Tensor, rows: Tensor): Tensor {
  return new Tensor(
    destination.type,
    destination.lengths,
    "SET_ROWS",
    [values, rows, destination],
    {
      strides: destination.strides,
      viewOf: destination,
    },
  );
}

export function reshape(a: Tensor, ...lengths: readonly number[]): Tensor {
  return new Tensor(a.type, four(lengths), "RESHAPE", [a], { viewOf: a });
}

/** A window on `a` with these lengths; strides of dimensions 1 to 3 in bytes, contiguous where left out. */
export function view(a: Tensor, lengths: readonly number[], strides: readonly number[]): Tensor {
  const shape = four(lengths);
  const first = blockBytes(a.type);
  const second = strides[0] ?? rowBytes(a.type, shape[0]);
  const third = strides[1] ?? second * shape[1];
  const fourth = strides[2] ?? third * shape[2];
  return new Tensor(a.type, shape, "VIEW", [a], {
    strides: [first, second, third, fourth],
    viewOf: a,
  });
}

/** Dimension i of `a` becomes dimension `axes[i]`. */
export function permute(a: Tensor, axes: Four): Tensor {
  const lengths: [number, number, number, number] = [1, 1, 1, 1];
  const strides: [number, number, number, number] = [0, 0, 0, 0];
  for (let i = 0; i < 4; i += 1) {
    const to = axes[i] ?? i;
    lengths[to] = a.lengths[i] ?? 1;
    strides[to] = a.strides[i] ?? 0;
  }
  return new Tensor(a.type, lengths, "PERMUTE", [a], { strides, viewOf: a });
}

export function transpose(a: Tensor): Tensor {
  const [l0, l1, l2, l3] = a.lengths;
  const [s0, s1, s2, s3] = a.strides;
  const strides: Four = [s1, s0, s2, s3];
  return new Tensor(a.type, [l1, l0, l2, l3], "TRANSPOSE", [a], { strides, viewOf: a });
}

/** A contiguous copy, reshaped where lengths are given. */
export function cont(a: Tensor, ...lengths: readonly number[]): Tensor {
  return new Tensor(a.type, lengths.length === 0 ? a.lengths : four(lengths), "CONT", [a]);
}

/** Written over its source: a view of it. */
export function inPlace(operation: Operation, a: Tensor): Tensor {
  return new Tensor(a.type, a.lengths, operation, [a], { strides: a.strides, viewOf: a });
}

/** Copies `a` to where `b` is; the result is a view of `b`. */
export function copyTo(a: Tensor, b: Tensor): Tensor {
  return new Tensor(b.type, b.lengths, "CPY", [a, b], { strides: b.strides, viewOf: b });
}

/** Attention in one operation; the result has heads and tokens swapped. */
export function flashAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  mask: Tensor,
  ...sinks: readonly Tensor[]
): Tensor {
  const lengths: Four = [v.lengths[0], q.lengths[2], q.lengths[1], q.lengths[3]];
  return new Tensor("F32", lengths, "FLASH_ATTN_EXT", [q, k, v, mask, ...sinks]);
}

/** Indexes of the `count` largest values in each row: a view of a full sort. */
export function argsortTop(a: Tensor, count: number): Tensor {
  const sorted = new Tensor("I32", a.lengths, "ARGSORT", [a]);
  const [, s1, s2, s3] = sorted.strides;
  return view(sorted, [count, a.lengths[1], a.lengths[2], a.lengths[3]], [s1, s2, s3]);
}

export function sumRows(a: Tensor): Tensor {
  return new Tensor(a.type, [1, a.lengths[1], a.lengths[2], a.lengths[3]], "SUM_ROWS", [a]);
}

export function concat(a: Tensor, b: Tensor, dimension: 0 | 1 | 2 | 3): Tensor {
  const lengths: [number, number, number, number] = [...a.lengths];
  lengths[dimension] += b.lengths[dimension];
  return new Tensor(a.type, lengths, "CONCAT", [a, b]);
}

/** Convolution over a window of tokens with a kernel of each channel. */
export function convolve(x: Tensor, kernel: Tensor): Tensor {
  const tokens = x.lengths[0] - kernel.lengths[0] + 1;
  return new Tensor("F32", [kernel.lengths[1], tokens, x.lengths[2], 1], "SSM_CONV", [x, kernel]);
}

/** Linear attention with a delta rule; the new state stands behind the results (ggml_gated_delta_net). */
export function gatedDeltaNet(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  gate: Tensor,
  beta: Tensor,
  state: Tensor,
): Tensor {
  const [length, heads, tokens, sequences] = v.lengths;
  const lengths: Four = [length * heads, tokens * sequences + length * sequences, 1, 1];
  return new Tensor("F32", lengths, "GATED_DELTA_NET", [q, k, v, gate, beta, state]);
}

/** silu(gate) * up, or another gate function. */
export function gated(gate: Tensor, up: Tensor): Tensor {
  return new Tensor(gate.type, gate.lengths, "GLU", [gate, up]);
}

function four([a = 1, b = 1, c = 1, d = 1]: readonly number[]): Four {
  return [a, b, c, d];
}
