import {
  type BlockCache,
  MiB,
  type ModelProfile,
  type TensorInfo,
  type WeightsVariant,
} from "@qwq-fit/schema";
import { describe, expect, test } from "vitest";

import { exampleMachine, exampleQwq } from "../../fit/example-values.ts";
import { MemoryEstimator } from "./memory-estimator.ts";

// Architectures that the writer of files does not lay out: tensors by hand, and what node-llama-cpp 3.22.1
// printed for a file of these tensors.

interface Shape {
  readonly architecture: string;
  readonly blocks: number;
  readonly embedding: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headLength: number;
  readonly vocabulary: number;
  /** Window of a block, or null. */
  readonly window: (block: number) => number | null;
  readonly experts: { readonly count: number; readonly used: number } | null;
  readonly hyperparameters: Record<string, number>;
  /** Tensors of one block by name and shape. */
  readonly block: Readonly<Record<string, readonly number[]>>;
  readonly head: boolean;
}

const weight = (name: string, shape: readonly number[]): TensorInfo => ({
  name,
  shape,
  type: shape.length > 1 && !name.includes("gate_inp") && !name.endsWith("bias") ? "Q8_0" : "F32",
  bytes: 32,
});

function modelOf(shape: Shape): { model: ModelProfile; variant: WeightsVariant } {
  const { embedding, vocabulary, blocks } = shape;
  const tensors = [
    weight("token_embd.weight", [embedding, vocabulary]),
    ...(shape.head ? [weight("output.weight", [embedding, vocabulary])] : []),
    weight("output_norm.weight", [embedding]),
    ...Array.from({ length: blocks }, (_, block) =>
      Object.entries(shape.block).map(([name, lengths]) => weight(`blk.${block}.${name}`, lengths)),
    ).flat(),
  ];
  const cacheOf = (block: number): BlockCache => ({
    kind: "gqa",
    kvHeads: shape.kvHeads,
    keyLength: shape.headLength,
    valueLength: shape.headLength,
    windowTokens: shape.window(block),
  });
  const model: ModelProfile = {
    ...exampleQwq(),
    architecture: shape.architecture,
    blocks: Array.from({ length: blocks }, (_, block) => ({
      cache: cacheOf(block),
      experts: shape.experts !== null,
    })),
    embeddingLength: embedding,
    attentionHeads: shape.heads,
    vocabularySize: vocabulary,
    contextTokens: 32_768,
    hyperparameters: shape.hyperparameters,
    experts:
      shape.experts === null
        ? null
        : {
            count: shape.experts.count,
            usedPerToken: shape.experts.used,
            feedForwardLength: 0,
            sharedFeedForwardLength: 0,
            leadingDenseBlocks: 0,
          },
  };
  const [first] = model.weights;
  if (first === undefined) throw new Error("no weights");
  return { model, variant: { ...first, tensors } };
}

const attention = (embedding: number, query: number, kv: number): Shape["block"] => ({
  "attn_norm.weight": [embedding],
  "attn_q.weight": [embedding, query],
  "attn_k.weight": [embedding, kv],
  "attn_v.weight": [embedding, kv],
  "attn_output.weight": [query, embedding],
});
const biases = (query: number, kv: number): Shape["block"] => ({
  "attn_q.bias": [query],
  "attn_k.bias": [kv],
  "attn_v.bias": [kv],
});
const experts = (embedding: number, length: number, count: number): Shape["block"] => ({
  "ffn_gate_inp.weight": [embedding, count],
  "ffn_gate_exps.weight": [embedding, length, count],
  "ffn_up_exps.weight": [embedding, length, count],
  "ffn_down_exps.weight": [length, embedding, count],
});

const GEMMA: Shape = {
  architecture: "gemma3",
  blocks: 8,
  embedding: 1152,
  heads: 4,
  kvHeads: 1,
  headLength: 256,
  vocabulary: 262_144,
  window: (block) => (block % 6 === 5 ? null : 512),
  experts: null,
  hyperparameters: { "attention.sliding_window": 512 },
  head: false,
  block: {
    ...attention(1152, 1024, 256),
    "attn_q_norm.weight": [256],
    "attn_k_norm.weight": [256],
    "post_attention_norm.weight": [1152],
    "ffn_norm.weight": [1152],
    "ffn_gate.weight": [1152, 6912],
    "ffn_up.weight": [1152, 6912],
    "ffn_down.weight": [6912, 1152],
    "post_ffw_norm.weight": [1152],
  },
};

const GPT_OSS: Shape = {
  architecture: "gpt-oss",
  blocks: 4,
  embedding: 2880,
  heads: 64,
  kvHeads: 8,
  headLength: 64,
  vocabulary: 50_000,
  window: (block) => (block % 2 === 0 ? 128 : null),
  experts: { count: 8, used: 4 },
  hyperparameters: { "attention.sliding_window": 128 },
  head: true,
  block: {
    ...attention(2880, 4096, 512),
    ...biases(4096, 512),
    "attn_output.bias": [2880],
    "attn_sinks.weight": [64],
    "post_attention_norm.weight": [2880],
    ...experts(2880, 2880, 8),
    "ffn_gate_inp.bias": [8],
    "ffn_gate_exps.bias": [2880, 8],
    "ffn_up_exps.bias": [2880, 8],
    "ffn_down_exps.bias": [2880, 8],
  },
};

const QWEN2_MOE: Shape = {
  architecture: "qwen2moe",
  blocks: 2,
  embedding: 2048,
  heads: 16,
  kvHeads: 16,
  headLength: 128,
  vocabulary: 50_000,
  window: () => null,
  experts: { count: 60, used: 4 },
  hyperparameters: {},
  head: true,
  block: {
    ...attention(2048, 2048, 2048),
    ...biases(2048, 2048),
    "ffn_norm.weight": [2048],
    ...experts(2048, 1408, 60),
    "ffn_gate_inp_shexp.weight": [2048],
    "ffn_gate_shexp.weight": [2048, 5632],
    "ffn_up_shexp.weight": [2048, 5632],
    "ffn_down_shexp.weight": [5632, 2048],
  },
};

// context, batch, sequences, cache, flash attention; KV and compute in MiB
const ROWS = [
  [GEMMA, 2048, 512, 1, "f16", true, 10.75, 519.77],
  [GEMMA, 3000, 512, 3, "f16", false, 35.25, 517.51],
  [GEMMA, 4096, 128, 2, "q8_0", true, 9.83, 130.14],
  [GPT_OSS, 2048, 512, 1, "f16", true, 11, 117.53],
  [GPT_OSS, 3000, 512, 3, "f16", false, 45, 429.23],
  [GPT_OSS, 4096, 128, 2, "q8_0", true, 19.13, 30.09],
  [QWEN2_MOE, 2048, 512, 1, "f16", true, 32, 109.66],
  [QWEN2_MOE, 3000, 512, 3, "f16", false, 144, 142.53],
  [QWEN2_MOE, 4096, 128, 2, "q8_0", true, 68, 32.48],
] as const;

describe("KV cache and compute buffer as node-llama-cpp 3.22.1 printed them", () => {
  test.each(ROWS)(
    "$0.architecture: context %i, batch %i, %i sequences, %s, flash attention %s",
    (shape, contextTokens, batchTokens, sequences, kvCacheType, flashAttention, kv, compute) => {
      const { model, variant } = modelOf(shape);
      const [host] = new MemoryEstimator(model, variant, exampleMachine(64)).estimate({
        engineVersion: "3.22.1",
        backend: "cpu",
        contextTokens,
        batchTokens,
        sequences,
        kvCacheType,
        flashAttention,
        offloadedLayers: 0,
        mmap: true,
        threads: 1,
      }).buffers;
      expect((host?.kvCacheBytes ?? 0) / MiB).toBeCloseTo(kv, 1);
      expect((host?.computeBytes ?? 0) / MiB).toBeCloseTo(compute, 1);
    },
  );
});
