import type { CpuProfile, ModelProfile, WeightsVariant } from "@qwq-fit/schema";

import { cpuFeatures, cpuLayout, layoutBytes } from "../engines/llama-cpp/weights/cpu-layouts.ts";
import { tensorRole } from "../engines/llama-cpp/weights/tensor-role.ts";

/** Bytes of a part of a file, and of the copy in the CPU's own layout if that part stands on the CPU. */
export interface PartBytes {
  readonly weights: number;
  readonly repacked: number;
}

/** A file's weights by where they can be put. */
export interface VariantBytes {
  /** Looked up on the CPU, always. */
  readonly input: PartBytes;
  readonly output: PartBytes;
  /** The head is the embedding: no copy of its own where both stand on the CPU. */
  readonly tied: boolean;
  /** The largest matrix of a block. */
  readonly largestMatrix: number;
  readonly blocks: readonly {
    /** Everything but routed experts. */
    readonly dense: PartBytes;
    readonly experts: PartBytes;
  }[];
}

const empty = (): { weights: number; repacked: number } => ({ weights: 0, repacked: 0 });

/** Sums a file's tensors by block, with what the CPU would repack of each. */
export function weighVariant(
  model: ModelProfile,
  variant: WeightsVariant,
  cpu: CpuProfile,
): VariantBytes {
  const features = cpuFeatures(cpu);
  const input = empty();
  const output = empty();
  let largestMatrix = 0;
  const blocks = model.blocks.map(() => ({ dense: empty(), experts: empty() }));
  for (const tensor of variant.tensors) {
    const { layer, operation } = tensorRole(tensor.name);
    const block = typeof layer === "number" ? blocks[layer] : undefined;
    // prediction blocks stand behind the others and are not loaded
    if (typeof layer === "number" && block === undefined) continue;
    if (block !== undefined) largestMatrix = Math.max(largestMatrix, tensor.bytes);
    const routed = operation === "MUL_MAT_ID";
    const part = layer === "input" ? input : ((routed ? block?.experts : block?.dense) ?? output);
    part.weights += tensor.bytes;
    const layout = cpuLayout(tensor, operation, features);
    if (layout !== null) part.repacked += layoutBytes(tensor, layout);
    // a tied embedding is the head as well
    if (tensor.name === "token_embd.weight" && model.tiedEmbeddings) output.weights += tensor.bytes;
  }
  return { input, output, tied: model.tiedEmbeddings, largestMatrix, blocks };
}
