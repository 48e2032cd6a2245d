import {
  GiB,
  type DeviceProfile,
  type HardwareProfile,
  type ModelProfile,
  type TensorInfo,
  type WeightsVariant,
} from "@qwq-fit/schema";

/** Bytes of a block of elements by type (llama.cpp v0.5.0 ggml/src/ggml-common.h). */
const blockBytes: Readonly<Record<string, readonly [elements: number, bytes: number]>> = {
  F32: [1, 4],
  F16: [1, 2],
  Q8_0: [32, 34],
  Q6_K: [256, 210],
  Q5_K: [256, 176],
  Q4_K: [256, 144],
  Q3_K: [256, 110],
  Q2_K: [256, 84],
};

const tensor = (name: string, shape: readonly number[], type: string): TensorInfo => {
  const [elements, bytes] = blockBytes[type] ?? [1, 4];
  const count = shape.reduce((product, size) => product * size, 1);
  return { name, shape, type, bytes: (count / elements) * bytes };
};

interface Shape {
  readonly blocks: number;
  readonly embedding: number;
  readonly feedForward: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly vocabulary: number;
}

/** The tensors of a dense Qwen2 layout, all matrices of one type. */
function layout(shape: Shape, type: string): readonly TensorInfo[] {
  const { blocks, embedding, feedForward, kvHeads, vocabulary } = shape;
  const kv = kvHeads * 128;
  const inside = Array.from({ length: blocks }, (_, block) => [
    tensor(`blk.${block}.attn_norm.weight`, [embedding], "F32"),
    tensor(`blk.${block}.attn_q.weight`, [embedding, shape.heads * 128], type),
    tensor(`blk.${block}.attn_k.weight`, [embedding, kv], type),
    tensor(`blk.${block}.attn_v.weight`, [embedding, kv], type),
    tensor(`blk.${block}.attn_output.weight`, [shape.heads * 128, embedding], type),
    tensor(`blk.${block}.ffn_norm.weight`, [embedding], "F32"),
    tensor(`blk.${block}.ffn_gate.weight`, [embedding, feedForward], type),
    tensor(`blk.${block}.ffn_up.weight`, [embedding, feedForward], type),
    tensor(`blk.${block}.ffn_down.weight`, [feedForward, embedding], type),
  ]).flat();
  return [
    tensor("token_embd.weight", [embedding, vocabulary], type),
    ...inside,
    tensor("output_norm.weight", [embedding], "F32"),
    tensor("output.weight", [embedding, vocabulary], type === "F16" ? "F16" : "Q6_K"),
  ];
}

const types: readonly (readonly [quantization: string, type: string])[] = [
  ["Q2_K", "Q2_K"],
  ["Q3_K_M", "Q3_K"],
  ["Q4_K_M", "Q4_K"],
  ["Q5_K_M", "Q5_K"],
  ["Q6_K", "Q6_K"],
  ["Q8_0", "Q8_0"],
  ["F16", "F16"],
];

/** A dense model for tests: real shapes, one type for all matrices of a quantization. */
export function exampleModel(shape: Shape, change: Partial<ModelProfile> = {}): ModelProfile {
  const weights = types.map(([quantization, type]): WeightsVariant => {
    const tensors = layout(shape, type);
    const tensorBytes = tensors.reduce((sum, { bytes }) => sum + bytes, 0);
    return {
      format: "gguf",
      quantization,
      imatrix: null,
      tensorBytes,
      fileBytes: tensorBytes + 6_000_000,
      sizeSource: "computed",
      location: null,
      sha256: null,
      tensors,
    };
  });
  const block = {
    cache: {
      kind: "gqa",
      kvHeads: shape.kvHeads,
      keyLength: 128,
      valueLength: 128,
      windowTokens: null,
    },
    experts: false,
  } as const;
  const elements = (weights.at(-1)?.tensorBytes ?? 0) / 2;
  return {
    schemaVersion: 1,
    id: "Qwen/QwQ-32B",
    name: "QwQ-32B",
    family: "qwq",
    architecture: "qwen2",
    parameters: elements,
    activeParameters: elements,
    blocks: Array.from({ length: shape.blocks }, () => block),
    predictionBlocks: 0,
    embeddingLength: shape.embedding,
    feedForwardLength: shape.feedForward,
    attentionHeads: shape.heads,
    keyLength: 128,
    valueLength: 128,
    vocabularySize: shape.vocabulary,
    tiedEmbeddings: false,
    experts: null,
    ropeDimensions: 128,
    ropeFrequencyBase: 1e6,
    contextTokens: 32_768,
    extendedContextTokens: 131_072,
    projector: null,
    thinks: "always",
    sampling: {},
    license: "Apache-2.0",
    released: "2025-03-05",
    weights,
    hyperparameters: {},
    sources: ["test"],
    warnings: [],
    ...change,
  };
}

/** QwQ-32B's shape. */
export const exampleQwq = (): ModelProfile =>
  exampleModel({
    blocks: 64,
    embedding: 5120,
    feedForward: 27_648,
    heads: 40,
    kvHeads: 8,
    vocabulary: 152_064,
  });

/** A Linux machine of two cores with AVX-512. */
export function exampleMachine(
  totalGiB: number,
  devices: readonly DeviceProfile[] = [],
  change: Partial<HardwareProfile> = {},
): HardwareProfile {
  return {
    schemaVersion: 1,
    label: "a machine",
    os: {
      platform: "linux",
      name: "Debian GNU/Linux 12",
      version: "12",
      kernel: "6.1",
      architecture: "x64",
      container: null,
      wsl: null,
      rosetta: false,
    },
    cpu: {
      name: "a CPU",
      vendor: "GenuineIntel",
      physicalCores: 2,
      logicalCores: 4,
      usableCores: 4,
      performanceCores: null,
      efficiencyCores: null,
      cacheBytes: { l1d: null, l2: null, l3: null },
      instructionSets: [
        "avx",
        "avx2",
        "f16c",
        "fma",
        "bmi2",
        "avx512f",
        "avx512vl",
        "avx512bw",
        "avx512_vnni",
      ],
      bandwidthBytesPerSecond: { value: 4e10, source: "test" },
    },
    memory: {
      totalBytes: totalGiB * GiB,
      availableBytes: Math.max(0, totalGiB * GiB - GiB),
      limitBytes: totalGiB * GiB,
      limitSource: "machine",
      swapTotalBytes: 0,
      swapFreeBytes: 0,
    },
    devices,
    hostCount: 1,
    disk: null,
    power: { source: "mains", batteryPercent: null, loadWatts: null },
    priceUsd: null,
    engines: [],
    warnings: [],
    ...change,
  };
}

/** An NVIDIA card with all of its memory free but half a GiB. */
export function exampleGpu(memoryGiB: number, change: Partial<DeviceProfile> = {}): DeviceProfile {
  return {
    id: "nvidia:0",
    kind: "gpu",
    vendor: "NVIDIA",
    name: "a GPU",
    backends: ["cuda", "vulkan"],
    memoryBytes: memoryGiB * GiB,
    freeBytes: Math.max(0, memoryGiB * GiB - GiB / 2),
    unified: false,
    memorySource: "test",
    bandwidthBytesPerSecond: { value: 936e9, source: "test" },
    tensorFp16Flops: { value: 71e12, source: "test" },
    driver: null,
    computeCapability: "8.6",
    pciAddress: null,
    processes: [],
    catalogId: null,
    unverified: false,
    notes: [],
    ...change,
  };
}
