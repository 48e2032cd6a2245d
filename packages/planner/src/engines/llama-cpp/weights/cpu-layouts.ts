import type { CpuProfile, TensorInfo } from "@qwq-fit/schema";
import { blockElements } from "../tensor-types.ts";
import type { TensorOperation } from "./tensor-role.ts";

/** A layout of its own that the CPU backend gives to weights, in a buffer beside the file's. */
export type CpuLayout = "amx" | "repack";

/** Instruction sets of the CPU backend variant that the engine loads. */
export interface CpuFeatures {
  readonly avx2: boolean;
  readonly avx512: boolean;
  readonly amx: boolean;
  readonly dotprod: boolean;
  readonly i8mm: boolean;
  /** SVE with vectors of 32 bytes; no probe tells the length, so it is never assumed. */
  readonly sve256: boolean;
}

/**
 * Features of the best variant for this CPU. The engine's binaries bring one CPU backend for each
 * generation and load the one with the highest score (ggml/src/CMakeLists.txt, ggml_add_cpu_backend_variant;
 * ggml-cpu/arch/x86/cpu-feats.cpp, ggml_backend_cpu_x86_score). AMX comes only with all of AVX-512.
 */
export function cpuFeatures(cpu: CpuProfile): CpuFeatures {
  const has = (name: string): boolean => cpu.instructionSets.includes(name);
  const avx2 = has("avx2");
  const avx512 = avx2 && has("avx512f") && has("avx512bw") && has("avx512vl");
  return {
    avx2,
    avx512,
    amx: avx512 && has("avx512_vnni") && has("amx_int8"),
    dotprod: has("dotprod") || has("asimddp"),
    i8mm: has("i8mm"),
    sve256: false,
  };
}

/** Bytes of one block in AMX's layout, and the multiple that a row must be (ggml-cpu/amx/mmq.cpp, get_row_size; amx/amx.cpp, supports_op). */
const AMX: Readonly<Record<string, readonly [blockBytes: number, rowStep: number]>> = {
  Q4_0: [18, 32],
  Q4_1: [20, 32],
  Q8_0: [34 + 4, 32],
  Q4_K: [144 + 4, 256],
  Q5_K: [176 + 4, 256],
  Q6_K: [210, 256],
  IQ4_XS: [136 + 2, 256],
};
/** Rows that one tile pair of AMX takes (ggml-cpu/amx/common.h, TILE_N twice). */
const AMX_ROWS = 32;

/**
 * Which layout of its own the CPU gives to a weight, or null. AMX is asked first
 * (ggml-cpu/ggml-cpu.cpp, ggml_backend_cpu_get_extra_buffer_types).
 */
export function cpuLayout(
  tensor: TensorInfo,
  operation: TensorOperation,
  features: CpuFeatures,
): CpuLayout | null {
  if (features.amx && operation === "MUL_MAT" && amxTakes(tensor)) return "amx";
  return repackTakes(tensor, operation, features) ? "repack" : null;
}

/** Bytes of a weight in that layout. Repacking only moves bytes; AMX adds sums to some types. */
export function layoutBytes(tensor: TensorInfo, layout: CpuLayout): number {
  const row = layout === "amx" ? AMX[tensor.type] : undefined;
  if (row === undefined) return tensor.bytes;
  const [length = 0, rows = 1] = tensor.shape;
  return rows * (length / blockElements(tensor.type)) * row[0];
}

function amxTakes({ type, shape }: TensorInfo): boolean {
  const [length = 1, rows = 1] = shape;
  const step = type === "F16" ? 16 : AMX[type]?.[1];
  return step !== undefined && length % step === 0 && rows % AMX_ROWS === 0;
}

/** ggml-cpu/repack.cpp, ggml_repack_get_optimal_repack_type and extra_buffer_type::supports_op. */
function repackTakes(
  { type, shape }: TensorInfo,
  operation: TensorOperation,
  cpu: CpuFeatures,
): boolean {
  const dimensions = usedDimensions(shape);
  if (operation === "MUL_MAT" ? dimensions !== 2 : dimensions !== 3) return false;
  if (operation !== "MUL_MAT" && operation !== "MUL_MAT_ID") return false;
  const rows = shape[1] ?? 1;
  const by8 = rows % 8 === 0;
  const by4 = rows % 4 === 0;
  switch (type) {
    case "Q4_0":
      return (by8 && (cpu.avx2 || cpu.sve256)) || (by4 && (cpu.i8mm || cpu.dotprod));
    case "Q4_K":
      return by8 && (cpu.avx2 || cpu.i8mm || cpu.dotprod);
    case "Q2_K":
      return by8 && cpu.avx512;
    case "Q5_K":
    case "Q6_K":
      return by8 && (cpu.i8mm || cpu.dotprod);
    case "IQ4_NL":
    case "MXFP4":
      return (by8 && cpu.avx2) || (by4 && cpu.dotprod);
    case "Q8_0":
    case "Q1_0":
      return by4 && (cpu.i8mm || cpu.dotprod);
    default:
      return false;
  }
}

/** Dimensions without the trailing ones (ggml.c, ggml_n_dims). */
function usedDimensions(shape: readonly number[]): number {
  let count = shape.length;
  while (count > 1 && shape[count - 1] === 1) count -= 1;
  return count;
}
