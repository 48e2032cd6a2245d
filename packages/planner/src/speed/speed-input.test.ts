import { describe, expect, test } from "vitest";
import type { ModelProfile, Placement, TensorInfo } from "@qwq-fit/schema";

import { exampleGpu, exampleMachine } from "../fit/example-values.ts";
import { decodeComponents, prefillComponents } from "./speed-components.ts";
import { buildSpeedInput } from "./speed-input.ts";
import type { SpeedInput } from "./speed-types.ts";

const tensor = (name: string, rows: number, type: string): TensorInfo => ({
  name,
  shape: [rows],
  type,
  bytes: rows / 2,
});

/** Two blocks of a mixture of four experts of which one works, the second with a window. */
const model: ModelProfile = {
  schemaVersion: 1,
  id: "test/moe",
  name: "moe",
  family: "test",
  architecture: "qwen3moe",
  parameters: 2000 + 4 * 800,
  activeParameters: 2000 + 800,
  blocks: [
    {
      cache: { kind: "gqa", kvHeads: 2, keyLength: 8, valueLength: 8, windowTokens: null },
      experts: true,
    },
    {
      cache: { kind: "gqa", kvHeads: 2, keyLength: 8, valueLength: 8, windowTokens: 128 },
      experts: true,
    },
  ],
  predictionBlocks: 0,
  embeddingLength: 16,
  feedForwardLength: 32,
  attentionHeads: 4,
  keyLength: 8,
  valueLength: 8,
  vocabularySize: 100,
  tiedEmbeddings: false,
  experts: {
    count: 4,
    usedPerToken: 1,
    feedForwardLength: 8,
    sharedFeedForwardLength: 0,
    leadingDenseBlocks: 0,
  },
  ropeDimensions: 8,
  ropeFrequencyBase: 10_000,
  contextTokens: 4096,
  extendedContextTokens: null,
  projector: null,
  thinks: "never",
  sampling: {},
  license: null,
  released: null,
  weights: [],
  hyperparameters: {},
  sources: [],
  warnings: [],
};

const variant = {
  format: "gguf" as const,
  quantization: "Q4_K_M",
  imatrix: null,
  tensorBytes: 0,
  fileBytes: 0,
  sizeSource: "computed" as const,
  location: null,
  sha256: null,
  tensors: [
    tensor("token_embd.weight", 1600, "Q4_K"),
    tensor("output.weight", 1600, "Q6_K"),
    tensor("blk.0.attn_q.weight", 200, "Q4_K"),
    tensor("blk.0.ffn_up_exps.weight", 1600, "Q4_K"),
    tensor("blk.1.attn_q.weight", 200, "Q4_K"),
    tensor("blk.1.ffn_up_exps.weight", 1600, "Q4_K"),
    tensor("blk.2.nextn.weight", 9999, "Q4_K"),
  ],
};

const hardware = exampleMachine(64, [exampleGpu(24), exampleGpu(24, { id: "nvidia:1" })]);

const built = (placement: readonly Placement[], change: object = {}): SpeedInput =>
  buildSpeedInput(
    { ...model, ...change },
    variant,
    {
      engine: "llama-server",
      backend: "cuda",
      kvCacheType: "f16",
      flashAttention: true,
      batchTokens: 512,
      threads: 2,
      tensorParallel: 1,
    },
    hardware,
    placement,
    {
      promptTokens: 100,
      reasoningTokens: 0,
      answerTokens: 10,
      contextTokens: 4096,
      concurrency: 1,
    },
  );

const at = (
  device: string,
  first: number,
  last: number,
  part: Placement["part"] = "all",
): Placement => ({
  device,
  firstBlock: first,
  lastBlock: last,
  part,
});

describe("what a token reads", () => {
  test("is every tensor but the embedding's rows and the blocks of multi-token prediction", () => {
    const [card] = built([at("nvidia:0", 0, 2)]).devices;
    expect(card?.weightBytesByType).toEqual({ Q4_K: 200, Q6_K: 800 });
    expect(card?.expertBytesByType).toEqual({ Q4_K: 1600 });
    expect(card?.weightElements).toBe(2000);
    expect(card?.expertElements).toBe(3200);
  });

  test("holds a tied embedding, for it is the head", () => {
    const [card] = built([at("nvidia:0", 0, 2)], { tiedEmbeddings: true }).devices;
    expect(card?.weightBytesByType["Q4_K"]).toBe(200 + 800);
  });

  test("holds the cache of full attention by its depth, of a window up to its length", () => {
    const [card] = built([at("nvidia:0", 0, 2)]).devices;
    // two heads of eight keys and eight values in two bytes
    expect(card?.kvBytesPerCachedToken).toBe(64);
    expect(card?.windows).toEqual([{ windowTokens: 128, kvBytesPerToken: 64 }]);
  });
});

describe("placement", () => {
  test("experts on the CPU leave attention and head on the card", () => {
    const { devices } = built([
      at("nvidia:0", 0, 2, "without-experts"),
      at("host", 0, 2, "experts"),
    ]);
    const card = devices.find(({ device }) => device === "nvidia:0");
    const host = devices.find(({ device }) => device === "host");
    expect(card?.weightBytesByType).toEqual({ Q4_K: 200, Q6_K: 800 });
    expect(card?.expertBytesByType).toEqual({});
    expect(host?.weightBytesByType).toEqual({});
    expect(host?.expertBytesByType).toEqual({ Q4_K: 1600 });
    expect(host?.blocks).toBe(0);
    expect(host?.cores).toBe(2);
  });

  test("the head goes with the last block where no one holds it", () => {
    const { devices } = built([at("host", 0, 0), at("nvidia:0", 1, 1)]);
    expect(devices.map(({ device, weightBytesByType }) => [device, weightBytesByType])).toEqual([
      ["host", { Q4_K: 100 }],
      ["nvidia:0", { Q4_K: 100, Q6_K: 800 }],
    ]);
  });
});

const seconds = (input: SpeedInput, part: string): number =>
  decodeComponents(input, 1000, {})
    .filter((component) => component.part === part)
    .reduce((sum, { reference }) => sum + reference, 0);

describe("components", () => {
  test("one token reads one of four experts, many tokens together more of them", () => {
    const one = built([at("nvidia:0", 0, 2)]);
    expect(seconds(one, "weights") * 936e9).toBeCloseTo(1000 + 1600 / 4, 6);
    const two = { ...one, workload: { ...one.workload, concurrency: 2 } };
    // each of two tokens leaves an expert alone in three of four cases
    expect(seconds(two, "weights") * 936e9).toBeCloseTo(1000 + 1600 * (1 - 0.75 ** 2), 6);
    expect(seconds(two, "cache")).toBeCloseTo(2 * seconds(one, "cache"), 15);
  });

  test("the cache is read to its depth, the windowed block to its window", () => {
    const one = built([at("nvidia:0", 0, 2)]);
    expect(seconds(one, "cache") * 936e9).toBeCloseTo(64 * 1000 + 64 * 128, 6);
  });

  test("attention over a prompt grows with its square", () => {
    const input = built([at("nvidia:0", 0, 2)]);
    const attention = (tokens: number): number =>
      prefillComponents(input, tokens, {}).find(({ part }) => part === "attention")?.reference ?? 0;
    expect(attention(2000)).toBeCloseTo(4 * attention(1000), 15);
  });
});
