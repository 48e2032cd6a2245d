import type { ModelProfile, TensorInfo, WeightsVariant } from "@qwq-fit/schema";

import { exampleModel } from "./example-values.ts";

/** Bytes of a Q4_K matrix: 144 for 256 elements (llama.cpp v0.5.0 ggml/src/ggml-common.h, block_q4_K). */
const tensor = (name: string, shape: readonly number[]): TensorInfo => ({
  name,
  shape,
  type: "Q4_K",
  bytes: (shape.reduce((product, size) => product * size, 1) / 256) * 144,
});

/** A mixture of experts of Qwen3-30B-A3B's shape in four bits: most of its bytes are routed experts. */
export function exampleExperts(): ModelProfile {
  const blocks = 48;
  const embedding = 2048;
  const feedForward = 768;
  const count = 128;
  const base = exampleModel({
    blocks,
    embedding,
    feedForward: 256,
    heads: 32,
    kvHeads: 4,
    vocabulary: 151_936,
  });
  const dense = base.weights.find(({ quantization }) => quantization === "Q4_K_M");
  const routed = Array.from({ length: blocks }, (_, block) => [
    tensor(`blk.${block}.ffn_gate_exps.weight`, [embedding, feedForward, count]),
    tensor(`blk.${block}.ffn_up_exps.weight`, [embedding, feedForward, count]),
    tensor(`blk.${block}.ffn_down_exps.weight`, [feedForward, embedding, count]),
  ]).flat();
  const attention = (dense?.tensors ?? []).filter(({ name }) => !/ffn_(gate|up|down)\./.test(name));
  const tensors = [...attention, ...routed];
  const tensorBytes = tensors.reduce((sum, { bytes }) => sum + bytes, 0);
  const variant: WeightsVariant = {
    format: "gguf",
    quantization: "Q4_K_M",
    imatrix: null,
    tensorBytes,
    fileBytes: tensorBytes,
    sizeSource: "computed",
    location: null,
    sha256: null,
    tensors,
  };
  const parameters = (tensorBytes / 144) * 256;
  return {
    ...base,
    id: "Qwen/Qwen3-30B-A3B",
    name: "Qwen3-30B-A3B",
    architecture: "qwen3moe",
    parameters,
    activeParameters: parameters / 10,
    blocks: base.blocks.map((block) => ({ ...block, experts: true })),
    experts: {
      count,
      usedPerToken: 8,
      feedForwardLength: feedForward,
      sharedFeedForwardLength: 0,
      leadingDenseBlocks: 0,
    },
    weights: [variant],
  };
}
