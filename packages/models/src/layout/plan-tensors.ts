import { QwqError } from "@qwq-fit/schema";

import { blockCount } from "../profile/block-caches.ts";
import { numberOr, requiredNumber } from "../profile/hyperparameters.ts";
import { attentionTensors, blockNorms, feedForwardTensors } from "./dense-blocks.ts";
import { deepseekFeedForward, expertTensors, gatedSharedExpertTensors } from "./expert-blocks.ts";
import { hybridAttention, predictionTensors } from "./hybrid-blocks.ts";
import { latentAttentionTensors } from "./latent-attention.ts";
import type { LayoutShape, PlannedTensor } from "./planned-tensor.ts";
import { blockTensor } from "./planned-tensor.ts";

type BlockPlan = (entry: LayoutShape, block: number) => PlannedTensor[];

/** Tensors of one block by architecture (llama.cpp v0.5.0 src/models/<architecture>.cpp, load_arch_tensors). */
const BLOCK_PLANS: Readonly<Record<string, BlockPlan>> = {
  deepseek2: (entry, block) => [
    ...blockNorms(entry, block),
    ...latentAttentionTensors(entry, block),
    ...deepseekFeedForward(entry, block),
  ],
  gemma3: gemmaBlock,
  llama: denseBlock,
  qwen2: denseBlock,
  qwen3: denseBlock,
  qwen35: (entry, block) => [...hybridAttention(entry, block), ...feedForwardTensors(entry, block)],
  qwen35moe: (entry, block) => [
    ...hybridAttention(entry, block),
    ...gatedSharedExpertTensors(entry, block),
  ],
  qwen3moe: (entry, block) => [
    ...blockNorms(entry, block),
    ...attentionTensors(entry, block),
    ...expertTensors(entry, block),
  ],
  qwen3next: (entry, block) => [
    ...hybridAttention(entry, block),
    ...gatedSharedExpertTensors(entry, block),
  ],
};

/** Architectures whose layout can be computed from hyperparameters alone. */
export const PLANNED_ARCHITECTURES: readonly string[] = Object.keys(BLOCK_PLANS);

/**
 * Names and shapes of all tensors, as the converter writes them and the engine demands them.
 *
 * @throws QwqError `unsupported_model` for an architecture whose layout is not known here.
 */
export function planTensors(entry: LayoutShape): PlannedTensor[] {
  const plan = BLOCK_PLANS[entry.architecture];
  if (plan === undefined) {
    throw new QwqError("unsupported_model", `no layout is known for "${entry.architecture}"`, {
      hint: `Give a GGUF file; layouts are known for ${PLANNED_ARCHITECTURES.join(", ")}.`,
    });
  }
  const width = requiredNumber(entry.hyperparameters, "embedding_length");
  const tensors: PlannedTensor[] = [
    { name: "token_embd.weight", shape: [width, entry.vocabularySize] },
  ];
  if (!entry.tiedEmbeddings) {
    tensors.push({ name: "output.weight", shape: [width, entry.vocabularySize] });
  }
  tensors.push({ name: "output_norm.weight", shape: [width] }, ...frequencyFactors(entry));
  const blocks = requiredNumber(entry.hyperparameters, "block_count");
  const running = blockCount(entry.hyperparameters);
  for (let block = 0; block < blocks; block++) {
    tensors.push(...plan(entry, block));
    if (block >= running) tensors.push(...predictionTensors(entry, block));
  }
  return tensors;
}

function denseBlock(entry: LayoutShape, block: number): PlannedTensor[] {
  return [
    ...blockNorms(entry, block),
    ...attentionTensors(entry, block),
    ...feedForwardTensors(entry, block),
  ];
}

/** As dense, with norms behind both halves (src/models/gemma3.cpp). */
function gemmaBlock(entry: LayoutShape, block: number): PlannedTensor[] {
  const width = requiredNumber(entry.hyperparameters, "embedding_length");
  return [
    ...denseBlock(entry, block),
    blockTensor(block, "post_attention_norm", [width]),
    blockTensor(block, "post_ffw_norm", [width]),
  ];
}

/** Llama 3.1 and later scale their rotary frequencies by a stored vector (src/models/llama.cpp, rope_freqs). */
function frequencyFactors(entry: LayoutShape): PlannedTensor[] {
  if (entry.hyperparameters["rope.frequency_factors"] !== true) return [];
  const rotated = numberOr(entry.hyperparameters, "rope.dimension_count", 0);
  return [{ name: "rope_freqs.weight", shape: [rotated / 2] }];
}
