import * as z from "zod/mini";
import type {
  BlockCache,
  BlockProfile,
  ModelProfile,
  SamplingDefaults,
  TensorInfo,
  WeightsVariant,
} from "../model-profile.ts";
import { exactly } from "./exactly.ts";
import type { Validator } from "./exactly.ts";
import { amount, bytes, count, positiveCount, text } from "./primitives.ts";

const tensorInfo = exactly<TensorInfo>()(
  z.strictObject({ name: z.string(), shape: z.array(count), type: text, bytes }),
);

const blockCache = exactly<BlockCache>()(
  z.discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("gqa"),
      kvHeads: count,
      keyLength: count,
      valueLength: count,
      windowTokens: z.nullable(count),
    }),
    z.strictObject({ kind: z.literal("mla"), rowLength: count }),
    z.strictObject({
      kind: z.literal("recurrent"),
      convElements: count,
      stateElements: count,
    }),
  ]),
);

const blockProfile = exactly<BlockProfile>()(
  z.strictObject({ cache: blockCache, experts: z.boolean() }),
);

const weightsVariant = exactly<WeightsVariant>()(
  z.strictObject({
    format: z.enum(["gguf", "safetensors", "mlx"]),
    quantization: text,
    imatrix: z.nullable(z.boolean()),
    tensorBytes: bytes,
    fileBytes: bytes,
    sizeSource: z.enum(["read", "published", "computed"]),
    location: z.nullable(z.string()),
    sha256: z.nullable(z.string()),
    tensors: z.array(tensorInfo),
  }),
);

export const samplingDefaults: Validator<SamplingDefaults> = exactly<SamplingDefaults>()(
  z.strictObject({
    temperature: z.exactOptional(amount),
    topP: z.exactOptional(amount),
    topK: z.exactOptional(z.number()),
    minP: z.exactOptional(amount),
    presencePenalty: z.exactOptional(z.number()),
    repeatPenalty: z.exactOptional(z.number()),
  }),
);

export const hyperparameters: Validator<ModelProfile["hyperparameters"]> = exactly<
  ModelProfile["hyperparameters"]
>()(z.record(z.string(), z.union([z.number(), z.boolean(), z.string(), z.array(z.number())])));

/** {@link ModelProfile}, with or without its tensors. */
export const modelProfile: Validator<ModelProfile> = exactly<ModelProfile>()(
  z.strictObject({
    schemaVersion: z.literal(1),
    id: text,
    name: z.string(),
    family: z.string(),
    architecture: z.string(),
    parameters: count,
    activeParameters: count,
    blocks: z.array(blockProfile),
    predictionBlocks: count,
    embeddingLength: count,
    feedForwardLength: count,
    attentionHeads: count,
    keyLength: count,
    valueLength: count,
    vocabularySize: count,
    tiedEmbeddings: z.boolean(),
    experts: z.nullable(
      z.strictObject({
        count: positiveCount,
        usedPerToken: count,
        feedForwardLength: count,
        sharedFeedForwardLength: count,
        leadingDenseBlocks: count,
      }),
    ),
    ropeDimensions: count,
    ropeFrequencyBase: amount,
    contextTokens: count,
    extendedContextTokens: z.nullable(count),
    projector: z.nullable(z.strictObject({ bytes, location: z.nullable(z.string()) })),
    thinks: z.enum(["always", "switchable", "never"]),
    sampling: samplingDefaults,
    license: z.nullable(z.string()),
    released: z.nullable(z.string()),
    weights: z.array(weightsVariant),
    hyperparameters,
    sources: z.array(z.string()),
    warnings: z.array(z.string()),
  }),
);
