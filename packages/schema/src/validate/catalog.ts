import * as z from "zod/mini";
import type { Catalog, HardwareEntry, InstancePrice, ModelEntry, TokenPrice } from "../catalog.ts";
import { exactly } from "./exactly.ts";
import type { Validator } from "./exactly.ts";
import { backend } from "./hardware-profile.ts";
import { hyperparameters, samplingDefaults } from "./model-profile.ts";
import { amount, bytes, count, positiveCount, sourcedNumber, text } from "./primitives.ts";

const identifier: Validator<string> = z
  .string()
  .check(z.regex(/^[a-z0-9][a-z0-9._-]*$/u, "an id is lower case: letters, digits, . _ -"));

/** {@link HardwareEntry}: one file in profiles/hardware. */
export const hardwareEntry: Validator<HardwareEntry> = exactly<HardwareEntry>()(
  z.strictObject({
    id: identifier,
    name: text,
    aliases: z.array(text),
    vendor: text,
    kind: z.enum(["gpu", "npu", "soc", "cpu", "machine", "instance"]),
    backends: z.array(backend),
    memoryBytes: z.array(bytes),
    unified: z.boolean(),
    bandwidthBytesPerSecond: z.nullable(sourcedNumber),
    bandwidthByMemory: z.array(
      z.strictObject({ memoryBytes: bytes, bandwidthBytesPerSecond: sourcedNumber }),
    ),
    tensorFp16Flops: z.nullable(sourcedNumber),
    shaderFp16Flops: z.nullable(sourcedNumber),
    int8Ops: z.nullable(sourcedNumber),
    loadWatts: z.nullable(sourcedNumber),
    priceUsd: z.nullable(sourcedNumber),
    priceCny: z.nullable(sourcedNumber),
    year: z.nullable(positiveCount),
    devices: z.array(z.strictObject({ id: identifier, count: positiveCount })),
    cores: z.nullable(
      z.strictObject({ performance: count, efficiency: count, gpu: z.nullable(count) }),
    ),
    chipsPerCard: positiveCount,
    family: z.string(),
    notes: z.array(z.string()),
  }),
);

/** {@link ModelEntry}: one file in profiles/models. */
export const modelEntry: Validator<ModelEntry> = exactly<ModelEntry>()(
  z.strictObject({
    id: text,
    name: text,
    aliases: z.array(text),
    family: text,
    architecture: text,
    kind: z.enum(["dense", "moe", "hybrid", "hybrid-moe"]),
    hyperparameters,
    vocabularySize: positiveCount,
    tiedEmbeddings: z.boolean(),
    qkvBias: z.boolean(),
    qkNorm: z.boolean(),
    parameters: positiveCount,
    activeParameters: positiveCount,
    contextTokens: positiveCount,
    extendedContextTokens: z.nullable(positiveCount),
    thinks: z.enum(["always", "switchable", "never"]),
    sampling: samplingDefaults,
    license: z.nullable(z.string()),
    released: z.nullable(z.string()),
    repositories: z.strictObject({
      original: z.nullable(z.string()),
      gguf: z.array(z.string()),
      modelScope: z.nullable(z.string()),
    }),
    otherWeights: z.array(
      z.strictObject({
        format: z.enum(["safetensors", "mlx"]),
        quantization: text,
        bytes,
        source: text,
      }),
    ),
    published: z.array(z.strictObject({ quantization: text, bytes, source: text })),
    benchmarks: z.optional(
      z.array(
        z.strictObject({
          name: text,
          score: z.number(),
          source: text,
          unverified: z.optional(z.boolean()),
        }),
      ),
    ),
    sources: z.array(text),
    unverified: z.boolean(),
    notes: z.array(z.string()),
  }),
);

/** {@link TokenPrice}: a row of profiles/prices/tokens.json. */
export const tokenPrice: Validator<TokenPrice> = exactly<TokenPrice>()(
  z.strictObject({
    provider: text,
    model: text,
    inputUsdPerMillionTokens: amount,
    outputUsdPerMillionTokens: amount,
    contextTokens: z.nullable(count),
    maxOutputTokens: z.nullable(count),
    source: text,
    date: z.nullable(z.string()),
    unverified: z.boolean(),
  }),
);

/** {@link InstancePrice}: a row of profiles/prices/instances.json. */
export const instancePrice: Validator<InstancePrice> = exactly<InstancePrice>()(
  z.strictObject({
    instance: text,
    usdPerHour: amount,
    accelerator: text,
    acceleratorCount: count,
    acceleratorMemoryBytes: bytes,
    source: text,
    unverified: z.boolean(),
  }),
);

/** {@link Catalog}: everything in profiles/ but the measurements. */
export const catalog: Validator<Catalog> = exactly<Catalog>()(
  z.strictObject({
    schemaVersion: z.literal(1),
    models: z.array(modelEntry),
    hardware: z.array(hardwareEntry),
    tokenPrices: z.array(tokenPrice),
    instancePrices: z.array(instancePrice),
    electricityUsdPerKwh: sourcedNumber,
  }),
);
