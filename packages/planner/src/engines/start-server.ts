import type { EngineName, StartCommand } from "@qwq-fit/schema";

import type { Candidate } from "../fit/candidate.ts";
import type { Problem } from "../fit/problem.ts";

const modelOf = (problem: Problem, candidate: Candidate): string =>
  candidate.variant.location?.replace(/^hf:/, "") ?? problem.model.id;

const command = (
  program: string,
  words: readonly (string | number)[],
  environment: Readonly<Record<string, string>> = {},
): StartCommand => ({ program, arguments: words.map(String), environment });

/** vLLM's parser for models that think; QwQ and R1 share one (docs.vllm.ai, reasoning outputs). */
function reasoning(problem: Problem): readonly string[] {
  const { thinks, architecture } = problem.model;
  if (thinks === "never") return [];
  const parser =
    thinks === "switchable" && architecture.startsWith("qwen3") ? "qwen3" : "deepseek_r1";
  return ["--reasoning-parser", parser];
}

/** YaRN beyond the trained context, static, as Qwen's cards give it (QwenLM/QwQ README 2025-03-27). */
function yarn({ model }: Problem, { contextTokens }: Candidate, flag: string): readonly string[] {
  if (contextTokens <= model.contextTokens) return [];
  const scaling = {
    rope_scaling: {
      rope_type: "yarn",
      factor: Math.ceil(contextTokens / model.contextTokens),
      original_max_position_embeddings: model.contextTokens,
    },
  };
  return [flag, JSON.stringify(scaling)];
}

const isAtlas300 = (problem: Problem): boolean =>
  problem.hardware.devices.some(({ name }) => /310P|300I|300V/.test(name));

function vllmWords(problem: Problem, candidate: Candidate): readonly (string | number)[] {
  const share = candidate.row.server?.memoryShare ?? 0.9;
  return [
    "serve",
    modelOf(problem, candidate),
    "--tensor-parallel-size",
    candidate.tensorParallel,
    ...(candidate.hosts > 1
      ? ["--pipeline-parallel-size", candidate.hosts, "--distributed-executor-backend", "ray"]
      : []),
    "--max-model-len",
    candidate.contextTokens,
    "--max-num-seqs",
    candidate.sequences,
    "--max-num-batched-tokens",
    candidate.batchTokens,
    "--gpu-memory-utilization",
    share,
    ...(candidate.kvCacheType === "fp8" ? ["--kv-cache-dtype", "fp8"] : []),
    ...yarn(problem, candidate, "--hf-overrides"),
    // no file of that kind is known: the engine makes it of the published one while loading
    ...(candidate.variant.quantization === "FP8" && candidate.variant.location === null
      ? ["--quantization", "fp8"]
      : []),
    ...reasoning(problem),
  ];
}

function vllmAscendWords(problem: Problem, candidate: Candidate): readonly (string | number)[] {
  const quantized = candidate.variant.quantization === "W8A8" ? ["--quantization", "ascend"] : [];
  // the 310P has no bf16 (vllm-ascend @182b75e, 300I Duo guide)
  const atlas = isAtlas300(problem) ? ["--dtype", "float16", "--no-enable-prefix-caching"] : [];
  return [...vllmWords(problem, candidate), ...quantized, ...atlas, "--port", 8000];
}

type Render = (problem: Problem, candidate: Candidate) => StartCommand;

/** The command of each engine that is not built on llama.cpp. Flags: the sources of its capability row. */
export const serverCommands: Readonly<Partial<Record<EngineName, Render>>> = {
  vllm: (problem, candidate) => command("vllm", [...vllmWords(problem, candidate), "--port", 8000]),
  "vllm-ascend": (problem, candidate) => command("vllm", vllmAscendWords(problem, candidate)),
  sglang: (problem, candidate) =>
    command("python3", [
      "-m",
      "sglang.launch_server",
      "--model-path",
      modelOf(problem, candidate),
      "--tp",
      candidate.tensorParallel,
      ...(candidate.hosts > 1 ? ["--nnodes", candidate.hosts, "--node-rank", 0] : []),
      "--context-length",
      candidate.contextTokens,
      "--max-running-requests",
      candidate.sequences,
      "--mem-fraction-static",
      candidate.row.server?.memoryShare ?? 0.88,
      ...(candidate.kvCacheType === "fp8" ? ["--kv-cache-dtype", "fp8_e5m2"] : []),
      ...yarn(problem, candidate, "--json-model-override-args"),
      ...reasoning(problem),
      "--port",
      30_000,
    ]),
  mlx: (problem, candidate) =>
    command("mlx_lm.server", [
      "--model",
      candidate.variant.location?.replace(/^hf:/, "") ??
        `mlx-community/${problem.model.name}-${candidate.variant.quantization.replace("MLX-", "")}`,
      "--host",
      "127.0.0.1",
      "--port",
      8080,
    ]),
  mindie: () => command("mindieservice_daemon", []),
  sophon: (_, candidate) =>
    command("python3", [
      "-m",
      "dfss",
      `--url=open@sophgo.com:/ext_model_information/LLM/LLM-TPU/qwq-32b-awq_${
        candidate.contextTokens > 2048
          ? "w4bf16_seq16384_bm1684x_4dev_20250430_163346"
          : `int4_seq2048_${candidate.tensorParallel}dev`
      }.bmodel`,
    ]),
  birensupa: () => command("br_api_server", ["--config", "config.json", "--port", 8000]),
};
