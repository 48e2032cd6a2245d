import type { Operation, Tensor } from "../ggml/tensor.ts";

/** Operations that follow one another and that the Vulkan backend runs as one. */
export type Pattern = readonly Operation[];

const NORMED_EXPERTS: Pattern = ["RESHAPE", "SUM_ROWS", "CLAMP", "DIV", "RESHAPE"];

/** Choices of experts; their inputs are kept to their end (ggml-vulkan-types.h, topk_moe_*). */
export const EXPERT_PATTERNS: readonly Pattern[] = [
  ["SOFT_MAX", "RESHAPE", "ARGSORT", "VIEW", "GET_ROWS", ...NORMED_EXPERTS],
  ["UNARY", "RESHAPE", "ADD", "ARGSORT", "VIEW", "GET_ROWS", ...NORMED_EXPERTS],
  ["SOFT_MAX", "RESHAPE", "ARGSORT", "VIEW", "GET_ROWS"],
  ["ARGSORT", "VIEW", "GET_ROWS", "RESHAPE", "SOFT_MAX", "RESHAPE"],
];

/** Norms and rotations with what follows them (ggml-vulkan-types.h, rms_norm_* and rope_*); since v0.5.0. */
export const NORM_PATTERNS: readonly Pattern[] = [
  ["RMS_NORM", "MUL", "ADD", "MUL"],
  ["RMS_NORM", "MUL", "ADD"],
  ["RMS_NORM", "MUL", "ROPE", "VIEW", "SET_ROWS"],
  ["RMS_NORM", "VIEW", "SET_ROWS"],
  ["ROPE", "VIEW", "SET_ROWS"],
];

/** Only shapes (`is_empty` in ggml_vk_graph_optimize). */
export function isEmpty(tensor: Tensor): boolean {
  return tensor.operation === "NONE" || tensor.isViewOperation;
}

/** Whether `later` must stay behind `earlier` (`is_src_of` in ggml_vk_graph_optimize). */
export function dependsOn(later: Tensor, earlier: Tensor): boolean {
  const laterBase = base(later);
  const earlierBase = base(earlier);
  if (laterBase === earlierBase) return true;
  for (const source of later.sources) if (source === earlier) return true;
  if (isEmpty(later) || isEmpty(earlier)) return false;
  for (const source of later.sources) if (base(source) === earlierBase) return true;
  for (const source of earlier.sources) if (base(source) === laterBase) return true;
  return false;
}

function base(tensor: Tensor): Tensor {
  return tensor.viewOf ?? tensor;
}

/** Pairs of neighbours that may be moved together although one needs the other. */
const PAIRS: readonly (readonly [Operation, Operation])[] = [
  ["MUL_MAT", "ADD"],
  ["MUL_MAT_ID", "ADD_ID"],
  ["MUL_MAT_ID", "MUL"],
  ["ADD", "ADD"],
  ["SSM_CONV", "ADD"],
  ["SSM_CONV", "UNARY"],
];

export function isPair(first: Tensor, second: Tensor): boolean {
  return PAIRS.some(([a, b]) => first.operation === a && second.operation === b);
}
