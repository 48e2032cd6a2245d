import type { BlockCache } from "@qwq-fit/schema";
import { describe, expect, test } from "vitest";

import type { GgufHeader, GgufTensor, GgufValue } from "../gguf/gguf-header.ts";
import { modelFromGguf } from "./from-gguf.ts";
import { splitSiblings } from "./split-files.ts";

const METADATA: Readonly<Record<string, GgufValue>> = {
  "general.architecture": "qwen2",
  "general.name": "Some Model",
  "general.file_type": 1,
  "qwen2.block_count": 2,
  "qwen2.context_length": 4096,
  "qwen2.embedding_length": 64,
  "qwen2.feed_forward_length": 128,
  "qwen2.attention.head_count": 4,
};

function tensor(name: string, shape: readonly number[], type = "F16"): GgufTensor {
  const elements = shape.reduce((product, side) => product * side, 1);
  return { name, shape, type, bytes: elements * 2, offset: 0 };
}

const TENSORS: readonly GgufTensor[] = [
  tensor("token_embd.weight", [64, 1000]),
  tensor("blk.0.attn_q.weight", [64, 64]),
  tensor("blk.1.attn_q.weight", [64, 64]),
];

function header(
  metadata: Readonly<Record<string, GgufValue>> = {},
  tensors: readonly GgufTensor[] = TENSORS,
): GgufHeader {
  const all = new Map(Object.entries({ ...METADATA, ...metadata }));
  return { version: 3, metadata: all, tensors, dataOffset: 64, fileBytes: 1000 };
}

function list(values: readonly number[]): GgufValue {
  return { elementType: "int32", length: values.length, values };
}

/** The metadata of another architecture, with these hyperparameters besides. */
function renamed(
  architecture: string,
  more: Readonly<Record<string, GgufValue>>,
): Map<string, GgufValue> {
  const all = Object.entries(METADATA).map(
    ([key, value]) => [key.replace("qwen2.", `${architecture}.`), value] as const,
  );
  const added = Object.entries(more).map(
    ([key, value]) => [`${architecture}.${key}`, value] as const,
  );
  return new Map([...all, ["general.architecture", architecture], ...added]);
}

function cachesOf(architecture: string, more: Readonly<Record<string, GgufValue>>): BlockCache[] {
  const metadata = renamed(architecture, more);
  return modelFromGguf([{ ...header(), metadata }], "x").blocks.map((block) => block.cache);
}

describe("modelFromGguf", () => {
  test("the engine's defaults stand where the file is silent", () => {
    const model = modelFromGguf([header()], "/models/some.gguf");
    expect(model).toMatchObject({
      id: "/models/some.gguf",
      name: "Some Model",
      architecture: "qwen2",
      parameters: 64_000 + 2 * 4096,
      activeParameters: 64_000 + 2 * 4096,
      keyLength: 16,
      valueLength: 16,
      ropeDimensions: 16,
      ropeFrequencyBase: 10_000,
      vocabularySize: 1000,
      tiedEmbeddings: true,
      thinks: "never",
      experts: null,
    });
    expect(model.blocks.map((block) => block.cache)).toEqual(
      Array.from({ length: 2 }, () => ({
        kind: "gqa",
        kvHeads: 4,
        keyLength: 16,
        valueLength: 16,
        windowTokens: null,
      })),
    );
    expect(model.blocks[0]).toBe(model.blocks[1]);
    expect(model.weights[0]).toMatchObject({ quantization: "F16", sizeSource: "read" });
  });

  test("KV heads of each block", () => {
    const model = modelFromGguf([header({ "qwen2.attention.head_count_kv": list([4, 1]) })], "x");
    expect(model.blocks.map(({ cache }) => cache.kind === "gqa" && cache.kvHeads)).toEqual([4, 1]);
  });

  test("windows in five of six blocks of a Gemma 3, as the engine places them", () => {
    const caches = cachesOf("gemma3", { block_count: 7, "attention.sliding_window": 512 });
    const windows = caches.map((cache) => cache.kind === "gqa" && cache.windowTokens);
    expect(windows).toEqual([512, 512, 512, 512, 512, null, 512]);
  });

  test("a Llama 4 attends in chunks of 8192 where its file is silent", () => {
    const windows = cachesOf("llama4", { block_count: 4 }).map(
      (cache) => cache.kind === "gqa" && cache.windowTokens,
    );
    expect(windows).toEqual([8192, 8192, 8192, null]);
  });

  test("the last blocks of a Gemma 4 keep nothing of their own", () => {
    const caches = cachesOf("gemma4", { block_count: 4, "attention.shared_kv_layers": 2 });
    const heads = caches.map((cache) => cache.kind === "gqa" && cache.kvHeads);
    expect(heads).toEqual([4, 4, 0, 0]);
  });

  test("blocks of an LFM2 without KV heads keep a short convolution", () => {
    const caches = cachesOf("lfm2", {
      "attention.head_count_kv": list([0, 2]),
      "shortconv.l_cache": 3,
    });
    expect(caches[0]).toEqual({ kind: "recurrent", convElements: 128, stateElements: 0 });
    expect(caches[1]).toMatchObject({ kind: "gqa", kvHeads: 2 });
  });

  test("an architecture with caches of its own kind says so", () => {
    const metadata = renamed("deepseek4", {});
    expect(modelFromGguf([{ ...header(), metadata }], "x").warnings.join(" ")).toContain("roughly");
  });

  test("a window is ignored where the engine ignores it", () => {
    const model = modelFromGguf([header({ "qwen2.attention.sliding_window": 512 })], "x");
    expect(model.blocks[0]?.cache).toMatchObject({ windowTokens: null });
  });

  test("experts that are not used for a token are not active", () => {
    const expert = tensor("blk.1.ffn_up_exps.weight", [64, 32, 8]);
    const model = modelFromGguf(
      [
        header(
          {
            "qwen2.expert_count": 8,
            "qwen2.expert_used_count": 2,
            "qwen2.expert_feed_forward_length": 32,
            "qwen2.leading_dense_block_count": 1,
          },
          [...TENSORS, expert],
        ),
      ],
      "x",
    );
    expect(model.parameters - model.activeParameters).toBe((64 * 32 * 8 * 6) / 8);
    expect(model.blocks.map((block) => block.experts)).toEqual([false, true]);
  });

  test.each([
    ["{% if enable_thinking %}<think>{% endif %}", "switchable"],
    ["{{ '<think>\n' }}", "always"],
    ["{{ messages }}", "never"],
  ])("thinking by the template %j: %s", (template, thinks) => {
    expect(modelFromGguf([header({ "tokenizer.chat_template": template })], "x").thinks).toBe(
      thinks,
    );
  });

  test("QwQ is known by its name, and sampled as its card says", () => {
    const model = modelFromGguf([header({ "general.name": "QwQ 32B" })], "x");
    expect(model).toMatchObject({
      family: "qwq",
      thinks: "always",
      sampling: { temperature: 0.6, topP: 0.95, topK: 40, minP: 0 },
    });
  });

  test("a file type that its tensors belie is not believed", () => {
    const model = modelFromGguf([header({ "general.file_type": 15 })], "x");
    expect(model.weights[0]?.quantization).toBe("F16");
    expect(model.warnings).toEqual([
      "The file says that it is Q4_K_M, but most of its weights are F16.",
    ]);
  });

  test.each([
    [{ "general.architecture": "clip" }, /projector/],
    [{ "general.architecture": 7 }, /what architecture/],
    [{ "qwen2.embedding_length": "much" }, /embedding_length/],
    [{ "qwen2.block_count": 4_000_000_000 }, /block_count/],
    [{ "qwen2.attention.head_count": list([4]) }, /length of attention.head_count/],
  ])("%j is no model", (metadata, message) => {
    const make = (): unknown => modelFromGguf([header(metadata)], "x");
    expect(make).toThrow(message);
    expect(make).toThrow(expect.objectContaining({ code: "unsupported_model" }));
  });
});

describe("split files", () => {
  const part = (number: number, count: number, name: string): GgufHeader =>
    header({ "split.no": number, "split.count": count, "split.tensors.count": count }, [
      tensor(name, [64, 1000]),
    ]);

  test("are joined in any order", () => {
    const model = modelFromGguf([part(1, 2, "b.weight"), part(0, 2, "token_embd.weight")], "x");
    expect(model.weights[0]).toMatchObject({ fileBytes: 2000, tensorBytes: 256_000 });
  });

  test.each([
    ["one is missing", [part(0, 2, "a")]],
    ["one comes twice", [part(0, 2, "a"), part(0, 2, "b")]],
    ["a tensor stands in two", [part(0, 2, "a"), part(1, 2, "a")]],
    ["there is none", []],
  ])("%s: invalid_gguf", (_, headers) => {
    expect(() => modelFromGguf(headers, "x")).toThrow(
      expect.objectContaining({ code: "invalid_gguf" }),
    );
  });

  test("names of siblings", () => {
    expect(splitSiblings("/m/r1-00002-of-00003.gguf")).toEqual([
      "/m/r1-00001-of-00003.gguf",
      "/m/r1-00002-of-00003.gguf",
      "/m/r1-00003-of-00003.gguf",
    ]);
    expect(splitSiblings("/m/qwq.gguf")).toEqual(["/m/qwq.gguf"]);
  });
});
