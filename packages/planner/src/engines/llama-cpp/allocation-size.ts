import type { Tensor } from "./ggml/tensor.ts";
import { isQuantized, padTo, rowBytes } from "./tensor-types.ts";

/** Whose rules of extra room: none, CUDA's (also HIP's and MUSA's), or Metal's. */
export type AllocationStyle = "plain" | "cuda" | "metal";

/** Bytes that a backend takes for a tensor: its own, and room that its kernels work in. */
export function allocationBytes(tensor: Tensor, style: AllocationStyle): number {
  if (style === "plain") return tensor.bytes;
  return style === "cuda" ? cudaBytes(tensor) : metalBytes(tensor);
}

/** Bytes that a backend takes for a stored tensor of this row length. */
export function storedBytes(
  type: string,
  rowElements: number,
  bytes: number,
  style: AllocationStyle,
): number {
  return style === "cuda" ? bytes + cudaRowPad(type, rowElements) : bytes;
}

/** ggml-cuda/common.cuh, MATRIX_ROW_PADDING. */
const CUDA_ROW_ELEMENTS = 512;
const CUDA_ALIGNMENT = 128;
/** Below this many tokens CUDA's vector kernel reads quantized caches as they are (fattn.cu, ggml_cuda_get_best_fattn_kernel). */
const CUDA_VECTOR_TOKENS = 2;

function cudaRowPad(type: string, rowElements: number): number {
  const over = rowElements % CUDA_ROW_ELEMENTS;
  return isQuantized(type) && over !== 0 ? rowBytes(type, CUDA_ROW_ELEMENTS - over) : 0;
}

/**
 * The last row of quantized tensors is padded; flash attention converts a quantized cache to f16
 * (ggml-cuda.cu, ggml_backend_cuda_buffer_type_get_alloc_size; fattn.cu, ggml_cuda_flash_attn_ext_get_alloc_size).
 */
function cudaBytes(tensor: Tensor): number {
  const { operation, sources } = tensor;
  if (operation !== "FLASH_ATTN_EXT") {
    return tensor.bytes + cudaRowPad(tensor.type, tensor.lengths[0]);
  }
  const [query, key, value] = sources;
  if (query === undefined || key === undefined || value === undefined) return tensor.bytes;
  if (query.lengths[1] <= CUDA_VECTOR_TOKENS) return tensor.bytes;
  let end = tensor.bytes;
  for (const cache of valueIsKey(key, value) ? [key] : [key, value]) {
    if (cache.type !== "F16") end = padTo(end, CUDA_ALIGNMENT) + 2 * cache.elements;
  }
  return end;
}

/** Values that are a part of the keys' rows, as in latent attention. */
function valueIsKey(key: Tensor, value: Tensor): boolean {
  return value.viewOf !== null && value.viewOf === key.viewOf;
}

// ggml-metal/ggml-metal-impl.h, OP_FLASH_ATTN_EXT_*; ggml-metal-ops.cpp, ggml_metal_op_flash_attn_ext_extra_*
const METAL_KEYS_A_GROUP = 64;
const METAL_QUERIES_A_GROUP = 8;
const METAL_VECTOR_TOKENS = 20;
const METAL_VECTOR_KEYS = 32;
const METAL_WORKGROUPS = 32;
const METAL_AMAX_PARTS = 256;
const METAL_CONVERTING_TOKENS = 32;

/** ggml-metal.cpp, ggml_backend_metal_buffer_type_get_alloc_size. */
function metalBytes(tensor: Tensor): number {
  const { operation, sources, bytes } = tensor;
  if (operation === "ARGSORT") return 2 * bytes;
  if (operation === "MUL_MAT_ID") {
    const experts = sources[0]?.lengths[2] ?? 0;
    const tokens = sources[2]?.lengths[1] ?? 0;
    return bytes + 4 * experts + 4 * experts * tokens + 8 + 4 * METAL_AMAX_PARTS;
  }
  const [query, key, value, mask] = sources;
  if (operation !== "FLASH_ATTN_EXT" || query === undefined || key === undefined) return bytes;
  if (value === undefined || mask === undefined) return bytes;
  return bytes + metalAttentionBytes(query, key, value, mask);
}

function metalAttentionBytes(query: Tensor, key: Tensor, value: Tensor, mask: Tensor): number {
  const [queryLength, tokens, heads, streams] = query.lengths;
  const shared = valueIsKey(key, value);
  const converts = isQuantized(key.type) && tokens >= METAL_CONVERTING_TOKENS;
  const keyRow = converts ? 2 * key.lengths[0] : key.strides[1];
  const valueRow = converts ? 2 * (shared ? key : value).lengths[0] : value.strides[1];
  const pad =
    METAL_KEYS_A_GROUP *
    (keyRow * key.lengths[2] * key.lengths[3] +
      valueRow * value.lengths[2] * value.lengths[3] +
      2 * mask.lengths[1] * mask.lengths[2] * mask.lengths[3]);
  const vector = tokens < METAL_VECTOR_TOKENS && queryLength % 32 === 0;
  const rows = Math.ceil(tokens / (vector ? 1 : METAL_QUERIES_A_GROUP));
  const columns = Math.ceil(mask.lengths[0] / (vector ? METAL_VECTOR_KEYS : METAL_KEYS_A_GROUP));
  const blocks = padTo(rows * columns * mask.lengths[2] * mask.lengths[3], 32);
  const partial =
    4 * Math.min(tokens, 32) * heads * streams * METAL_WORKGROUPS * (value.lengths[0] + 2);
  // room for an f16 copy of the cache is kept even where it is f16 already
  const copies = padTo(2 * key.elements, 16) + (shared ? 0 : padTo(2 * value.elements, 16));
  return pad + blocks + partial + copies;
}
