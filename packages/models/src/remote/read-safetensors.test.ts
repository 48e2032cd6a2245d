import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { bytesSource } from "../gguf/byte-source.ts";
import { kvBytesPerToken } from "../profile/cache-size.ts";
import { catalogEntry } from "../test-support/catalog-entries.ts";
import type { HubServer } from "../test-support/hub-server.ts";
import { startHubServer, testPorts } from "../test-support/hub-server.ts";
import { shapeOfConfig } from "./config-shape.ts";
import { readModel } from "./read-model.ts";
import { readSafetensorsHeader } from "./safetensors.ts";
import { storedFormat } from "./stored-format.ts";

/** A file with these tensors: eight bytes of length, a JSON header, and zeros. */
function safetensors(
  tensors: Readonly<Record<string, readonly [string, number[], number]>>,
): Uint8Array {
  let end = 0;
  const header = Object.entries(tensors).map(([name, [dtype, shape, bytes]]) => {
    const start = end;
    end += bytes;
    return [name, { dtype, shape, data_offsets: [start, end] }] as const;
  });
  const text = JSON.stringify({ __metadata__: { format: "pt" }, ...Object.fromEntries(header) });
  return raw(BigInt(text.length), text, end);
}

function raw(length: bigint, text: string, dataBytes = 0): Uint8Array {
  const encoded = new TextEncoder().encode(text);
  const bytes = new Uint8Array(8 + encoded.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, length, true);
  bytes.set(encoded, 8);
  return bytes;
}

/** Qwen/QwQ-32B's config.json, the fields that matter. */
const QWQ_CONFIG = {
  architectures: ["Qwen2ForCausalLM"],
  model_type: "qwen2",
  hidden_size: 5120,
  intermediate_size: 27648,
  max_position_embeddings: 40960,
  num_attention_heads: 40,
  num_hidden_layers: 64,
  num_key_value_heads: 8,
  rms_norm_eps: 1e-5,
  rope_theta: 1e6,
  tie_word_embeddings: false,
  torch_dtype: "bfloat16",
  vocab_size: 152064,
};

let hub: HubServer;

beforeAll(async () => {
  hub = await startHubServer();
});

afterAll(() => hub.close());

function publish(name: string, files: Readonly<Record<string, Uint8Array | object>>): void {
  const contents = Object.entries(files).map(([path, content]) => {
    const bytes = content instanceof Uint8Array ? content : JSON.stringify(content);
    return [path, bytes] as const;
  });
  const tree = contents.map(([path, bytes]) => ({ type: "file", path, size: bytes.length }));
  hub.files.set(`/api/models/${name}/tree/main?recursive=true`, JSON.stringify(tree));
  for (const [path, bytes] of contents) hub.files.set(`/${name}/resolve/main/${path}`, bytes);
}

describe("readModel of a repository without GGUF files", () => {
  test("QwQ-32B by its config.json, a file of two tensors beside it", async () => {
    publish("Qwen/QwQ-32B", {
      "config.json": QWQ_CONFIG,
      "generation_config.json": { temperature: 0.6, top_k: 40, top_p: 0.95, do_sample: true },
      "tokenizer_config.json": { chat_template: "{{ '<think>' }}" },
      "model-00001-of-00001.safetensors": safetensors({
        "model.embed_tokens.weight": ["BF16", [16, 8], 256],
        "model.norm.weight": ["BF16", [8], 16],
      }),
    });
    const model = await readModel("Qwen/QwQ-32B", testPorts({ HF_ENDPOINT: hub.url }));
    expect(model).toMatchObject({
      architecture: "qwen2",
      family: "qwq",
      parameters: 32_763_876_352,
      contextTokens: 40_960,
      vocabularySize: 152_064,
      thinks: "always",
      sampling: { temperature: 0.6, topK: 40, topP: 0.95 },
    });
    expect(kvBytesPerToken(model, "f16")).toBe(262_144);
    expect(model.weights).toEqual([
      expect.objectContaining({
        format: "safetensors",
        quantization: "BF16",
        tensorBytes: 272,
        sizeSource: "read",
        tensors: [
          { name: "model.embed_tokens.weight", shape: [8, 16], type: "BF16", bytes: 256 },
          { name: "model.norm.weight", shape: [8], type: "BF16", bytes: 16 },
        ],
      }),
    ]);
  });

  test("packed integers carry the name of what packed them", async () => {
    publish("Qwen/QwQ-32B-AWQ", {
      "config.json": { ...QWQ_CONFIG, quantization_config: { quant_method: "awq", bits: 4 } },
      "model.safetensors": safetensors({ "a.qweight": ["I32", [4, 4], 64] }),
    });
    const model = await readModel("hf:Qwen/QwQ-32B-AWQ", testPorts({ HF_ENDPOINT: hub.url }));
    expect(model.weights[0]).toMatchObject({ quantization: "AWQ-4bit" });
    expect(model.weights[0]?.tensors[0]?.type).toBe("AWQ4");
    expect(model.parameters).toBe(32_763_876_352);
  });

  test("a repository with neither is no language model", async () => {
    publish("org/data", { "README.md": {} });
    await expect(
      readModel("hf:org/data", testPorts({ HF_ENDPOINT: hub.url })),
    ).rejects.toMatchObject({ code: "unsupported_model" });
  });
});

describe("shapeOfConfig", () => {
  test("DeepSeek-R1's becomes latent attention of 70,272 bytes a token", () => {
    const entry = catalogEntry("deepseek-ai/DeepSeek-R1");
    const shape = shapeOfConfig({
      architectures: ["DeepseekV3ForCausalLM"],
      first_k_dense_replace: 3,
      hidden_size: 7168,
      intermediate_size: 18432,
      kv_lora_rank: 512,
      max_position_embeddings: 163840,
      moe_intermediate_size: 2048,
      n_routed_experts: 256,
      n_shared_experts: 1,
      num_attention_heads: 128,
      num_experts_per_tok: 8,
      num_hidden_layers: 61,
      num_key_value_heads: 128,
      q_lora_rank: 1536,
      qk_nope_head_dim: 128,
      qk_rope_head_dim: 64,
      rope_theta: 10000,
      scoring_func: "sigmoid",
      v_head_dim: 128,
      vocab_size: 129280,
    });
    expect(shape).toMatchObject({ architecture: "deepseek2", vocabularySize: 129_280 });
    expect(entry.hyperparameters).toMatchObject(shape?.hyperparameters ?? { missing: true });
  });

  test("a Qwen3.5 states its text part apart, with a block for prediction", () => {
    const entry = catalogEntry("Qwen/Qwen3.5-27B");
    const shape = shapeOfConfig({
      architectures: ["Qwen3_5ForConditionalGeneration"],
      tie_word_embeddings: false,
      text_config: {
        full_attention_interval: 4,
        head_dim: 256,
        hidden_size: 5120,
        intermediate_size: 17408,
        linear_conv_kernel_dim: 4,
        linear_key_head_dim: 128,
        linear_num_key_heads: 16,
        linear_num_value_heads: 48,
        linear_value_head_dim: 128,
        max_position_embeddings: 262144,
        mtp_num_hidden_layers: 1,
        num_attention_heads: 24,
        num_hidden_layers: 64,
        num_key_value_heads: 4,
        rope_parameters: { partial_rotary_factor: 0.25, rope_theta: 10000000 },
        vocab_size: 248320,
      },
    });
    expect(shape).toMatchObject({ architecture: "qwen35", tiedEmbeddings: false, qkNorm: true });
    expect(entry.hyperparameters).toMatchObject(shape?.hyperparameters ?? { missing: true });
  });

  test("an unknown class is taken for plain attention, and says so", () => {
    const config = { ...QWQ_CONFIG, architectures: ["NovelForCausalLM"], model_type: "novel" };
    expect(shapeOfConfig(config)).toMatchObject({ architecture: "novel", known: false });
    expect(shapeOfConfig({ model_type: "vae" })).toBeNull();
  });
});

describe("storedFormat", () => {
  test.each([
    [{ torch_dtype: "float16" }, "F16", "safetensors"],
    [{ quantization_config: { quant_method: "fp8" } }, "FP8", "safetensors"],
    [{ quantization_config: { quant_method: "gptq", bits: 8 } }, "GPTQ-8bit", "safetensors"],
    [{ quantization: { bits: 4, group_size: 64 } }, "MLX-4bit", "mlx"],
  ])("%j is %s in %s", (config, quantization, format) => {
    expect(storedFormat(config)).toMatchObject({ quantization, format });
  });
});

describe("readSafetensorsHeader", () => {
  test.each([
    ["nothing", new Uint8Array(0), /cut off/],
    ["a header of 2^60 bytes", raw(2n ** 60n, "{}"), /says that its header/],
    ["a header beyond the end", raw(1000n, "{}"), /cut off/],
    ["no JSON", raw(2n, "no"), /no JSON/],
    ["a tensor beyond the end", safetensors({ a: ["F32", [4], 16] }).slice(0, -1), /nowhere/],
    ["a wrong size", safetensors({ a: ["F32", [4], 15] }), /15 bytes/],
    ["a negative side", safetensors({ a: ["F32", [-4], 16] }), /16 bytes/],
  ])("refuses %s", async (_, bytes, message) => {
    const reading = readSafetensorsHeader(bytesSource("x", bytes));
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toMatchObject({ code: "unsupported_model" });
  });
});
