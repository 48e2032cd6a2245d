import type { TensorInfo } from "@qwq-fit/schema";

/** Elements of all tensors (the engine's count), and those that one token reads. */
export interface ParameterCount {
  readonly all: number;
  readonly active: number;
}

/**
 * Counts the elements of the tensors. Of routed experts, `used` of `experts` are read for a token;
 * blocks for multi-token prediction are not read.
 */
export function countParameters(
  tensors: readonly TensorInfo[],
  blocks: number,
  experts: { readonly count: number; readonly usedPerToken: number } | null,
): ParameterCount {
  let all = 0;
  let active = 0;
  for (const tensor of tensors) {
    const elements = tensor.shape.reduce((product, side) => product * side, 1);
    all += elements;
    const block = /^blk\.(\d+)\./.exec(tensor.name)?.[1];
    if (block !== undefined && Number(block) >= blocks) continue;
    const routed = experts !== null && tensor.name.includes("_exps.");
    active += routed ? (elements * experts.usedPerToken) / experts.count : elements;
  }
  return { all, active: Math.round(active) };
}
