import type { ModelProfile } from "@qwq-fit/schema";

import { blockProfiles, headLengths, predictionBlocks } from "./block-caches.ts";
import { checkHyperparameters } from "./check-hyperparameters.ts";
import type { Hyperparameters } from "./hyperparameters.ts";
import { numberOfBlock, numberOr, requiredNumber } from "./hyperparameters.ts";

/** The part of a profile that hyperparameters decide. */
export type ModelShape = Pick<
  ModelProfile,
  | "blocks"
  | "predictionBlocks"
  | "embeddingLength"
  | "feedForwardLength"
  | "attentionHeads"
  | "keyLength"
  | "valueLength"
  | "experts"
  | "ropeDimensions"
  | "ropeFrequencyBase"
  | "contextTokens"
  | "hyperparameters"
>;

/**
 * The shape as the engine reads it, with its defaults (llama.cpp v0.5.0 src/llama-model.cpp, load_hparams).
 *
 * @throws QwqError `unsupported_model` where a hyperparameter is missing that the engine demands,
 *   or makes no sense.
 */
export function modelShape(architecture: string, values: Hyperparameters): ModelShape {
  checkHyperparameters(values);
  const lengths = headLengths(values);
  const leadingDense = numberOr(values, "leading_dense_block_count", 0);
  return {
    blocks: blockProfiles(architecture, values),
    predictionBlocks: predictionBlocks(values),
    embeddingLength: requiredNumber(values, "embedding_length"),
    feedForwardLength: numberOr(values, "feed_forward_length", 0),
    attentionHeads: numberOr(values, "attention.head_count", 0),
    keyLength: lengths.key,
    valueLength: lengths.value,
    experts: expertsOf(values, leadingDense),
    ropeDimensions: numberOr(values, "rope.dimension_count", lengths.key),
    // src/llama-model.cpp, load_hparams: rope_freq_base_train.
    ropeFrequencyBase: numberOr(values, "rope.freq_base", 10_000),
    contextTokens: requiredNumber(values, "context_length"),
    hyperparameters: values,
  };
}

function expertsOf(values: Hyperparameters, leadingDense: number): ModelShape["experts"] {
  const count = numberOr(values, "expert_count", 0);
  if (count === 0) return null;
  const usedPerToken = Math.max(numberOfBlock(values, "expert_used_count", leadingDense, 1), 1);
  const feedForward = numberOfBlock(values, "feed_forward_length", leadingDense, 0);
  // src/models/qwen3moe.cpp: an unstated expert length is the feed-forward's share of each expert used.
  const stated = numberOfBlock(values, "expert_feed_forward_length", leadingDense, 0);
  const length = stated === 0 ? Math.floor(feedForward / usedPerToken) : stated;
  const shared = numberOr(values, "expert_shared_count", 0) * length;
  return {
    count,
    usedPerToken,
    feedForwardLength: length,
    sharedFeedForwardLength: numberOr(values, "expert_shared_feed_forward_length", shared),
    leadingDenseBlocks: leadingDense,
  };
}
