import type { ModelEntry, ModelProfile, TensorInfo, WeightsVariant } from "@qwq-fit/schema";

import { typedTensors } from "../layout/layout-tensors.ts";
import { planMix } from "../layout/mix-types.ts";
import { planTensors } from "../layout/plan-tensors.ts";
import { countParameters } from "./count-parameters.ts";
import { modelShape } from "./model-shape.ts";

/** Mixes that repositories commonly offer, smallest last; those that need an importance matrix are left out. */
export const COMMON_QUANTIZATIONS: readonly string[] = [
  "BF16",
  "Q8_0",
  "Q6_K",
  "Q5_K_M",
  "Q5_K_S",
  "Q4_K_M",
  "Q4_K_S",
  "Q4_0",
  "IQ4_XS",
  "Q3_K_L",
  "Q3_K_M",
  "Q3_K_S",
  "Q2_K",
];

/** Size of metadata and tokenizer beside the tensors: about 6 MB with a Qwen vocabulary. */
const METADATA_BYTES_PER_TOKEN = 40;

export interface EntryOptions {
  /** Which variants to compute; {@link COMMON_QUANTIZATIONS} if left out. */
  readonly quantizations?: readonly string[];
}

/**
 * A catalogue entry as a profile: its shape, and the weights of each quantization computed by
 * llama.cpp's mixing rules; other formats with their stated sizes.
 *
 * @throws QwqError `unsupported_model` for an architecture whose layout is not known,
 *   `invalid_value` for an unknown quantization.
 */
export function modelFromEntry(entry: ModelEntry, options: EntryOptions = {}): ModelProfile {
  const shape = modelShape(entry.architecture, entry.hyperparameters);
  const planned = planMix(planTensors(entry));
  const quantizations = options.quantizations ?? COMMON_QUANTIZATIONS;
  const computed = quantizations.map((quantization) =>
    computedVariant(entry, quantization, typedTensors(planned, entry, quantization)),
  );
  const counted = countParameters(
    computed[0]?.tensors ?? typedTensors(planned, entry, "F16"),
    shape.blocks.length,
    shape.experts,
  );
  return {
    schemaVersion: 1,
    id: entry.id,
    name: entry.name,
    family: entry.family,
    architecture: entry.architecture,
    ...shape,
    parameters: counted.all,
    activeParameters: counted.active,
    vocabularySize: entry.vocabularySize,
    tiedEmbeddings: entry.tiedEmbeddings,
    contextTokens: entry.contextTokens,
    extendedContextTokens: entry.extendedContextTokens,
    projector: null,
    thinks: entry.thinks,
    sampling: entry.sampling,
    license: entry.license,
    released: entry.released,
    weights: [...computed, ...entry.otherWeights.map(otherVariant(entry))],
    sources: entry.sources,
    warnings: entry.unverified ? [`The shape of ${entry.name} has not been verified.`] : [],
  };
}

function computedVariant(
  entry: ModelEntry,
  quantization: string,
  tensors: readonly TensorInfo[],
): WeightsVariant {
  const tensorBytes = tensors.reduce((sum, tensor) => sum + tensor.bytes, 0);
  const repository = entry.repositories.gguf[0];
  return {
    format: "gguf",
    quantization,
    imatrix: false,
    tensorBytes,
    fileBytes: tensorBytes + entry.vocabularySize * METADATA_BYTES_PER_TOKEN,
    sizeSource: "computed",
    location: repository === undefined ? null : `hf:${repository}:${quantization}`,
    sha256: null,
    tensors,
  };
}

function otherVariant(
  entry: ModelEntry,
): (weights: ModelEntry["otherWeights"][number]) => WeightsVariant {
  return (weights) => ({
    format: weights.format,
    quantization: weights.quantization,
    imatrix: null,
    tensorBytes: weights.bytes,
    fileBytes: weights.bytes,
    sizeSource: weights.source.startsWith("computed") ? "computed" : "published",
    // Quantized forms stand in repositories of their own.
    location: isOriginal(weights.quantization) ? hubLocation(entry.repositories.original) : null,
    sha256: null,
    tensors: [],
  });
}

function isOriginal(quantization: string): boolean {
  return quantization === "BF16" || quantization === "F16";
}

function hubLocation(repository: string | null): string | null {
  return repository === null ? null : `hf:${repository}`;
}
