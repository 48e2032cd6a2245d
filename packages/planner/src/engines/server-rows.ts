import { GiB, type KvCacheType, MiB } from "@qwq-fit/schema";

import type { BackendSupport, EngineCapabilities, ServerRules } from "./capabilities.ts";

/**
 * NVIDIA aiconfigurator @095f58a sdk/backends/base_backend.py: `2·tokens·h·coef[tp]`, nccl 342 to 392 MiB;
 * sdk/backends/vllm_backend.py: gpu_memory_utilization 0.9 up to vLLM 0.19, 0.92 from 0.22. Graphs: 0.5 to
 * 2 GiB are reported, 1 GiB is taken, unverified.
 */
const cudaServer: ServerRules = {
  memoryShare: 0.92,
  batchTokens: 2048,
  activationFactors: [
    [1, 10],
    [2, 6],
    [4, 5],
  ],
  graphBytes: GiB,
  communicationBytes: 392 * MiB,
  source: "NVIDIA aiconfigurator @095f58a, vLLM backend; CUDA graphs of 1 GiB assumed, unverified",
};

const noMargin = { share: 0, maximumBytes: 0, source: "the engine takes a share of the memory" };

const takes: EngineCapabilities["takes"] = {
  threads: false,
  mmap: false,
  repack: false,
  kvCacheType: true,
  flashAttention: false,
  offloadedLayers: false,
  expertsOnCpu: false,
  split: true,
  extendedContext: false,
};

const on = (
  backend: BackendSupport["backend"],
  status: BackendSupport["status"],
  source: string,
  kvCacheTypes: readonly KvCacheType[],
  change: Partial<BackendSupport> = {},
): BackendSupport => ({
  backend,
  status,
  quantizations: null,
  kvCacheTypes,
  flashAttention: true,
  source,
  note: null,
  ...change,
});

const common = {
  llamaCpp: null,
  known: true,
  formats: ["safetensors"],
  takes,
  parallelism: "tensor",
  severalHosts: true,
  server: cudaServer,
  deviceMargin: noMargin,
  hostMargin: noMargin,
} as const;

const cudaNote = "Needs compute capability 7.0 or newer; FP8 needs 8.0 or newer.";

export const vllm: EngineCapabilities = {
  ...common,
  engine: "vllm",
  version: "0.22",
  takes: { ...takes, extendedContext: true },
  backends: [
    on("cuda", "documented", "docs.vllm.ai, installation", ["bf16", "fp8"], { note: cudaNote }),
    on("rocm", "documented", "docs.vllm.ai, installation, AMD ROCm", ["bf16", "fp8"]),
    on("maca", "documented", "MetaX vllm-metax 0.22.0 README", ["bf16"], {
      note: "vllm-metax comes as a container.",
    }),
    on("musa", "unverified", "Moore Threads vllm_musa", ["bf16"]),
    on("neuware", "unverified", "Cambricon vllm-mlu", ["bf16"]),
    on("dtk", "unverified", "Hygon DTK images with vLLM", ["bf16"]),
    on("corex", "unverified", "Iluvatar CoreX images with vLLM", ["bf16"]),
  ],
  sources: [
    "docs.vllm.ai, vllm serve: --tensor-parallel-size, --max-model-len, --max-num-seqs, --gpu-memory-utilization, --kv-cache-dtype",
  ],
};

export const sglang: EngineCapabilities = {
  ...common,
  engine: "sglang",
  version: "0.4.6",
  takes: { ...takes, extendedContext: true },
  server: {
    ...cudaServer,
    memoryShare: 0.88,
    source: "sgl-project/sglang server_args.py, mem_fraction_static; unverified",
  },
  backends: [
    on("cuda", "documented", "docs.sglang.ai, installation", ["bf16", "fp8"], { note: cudaNote }),
    on("rocm", "documented", "docs.sglang.ai, AMD GPUs", ["bf16"]),
  ],
  sources: ["docs.sglang.ai, server arguments: --tp, --context-length, --mem-fraction-static"],
};

export const vllmAscend: EngineCapabilities = {
  ...common,
  engine: "vllm-ascend",
  version: "main@182b75e",
  takes: { ...takes, extendedContext: true },
  server: {
    ...cudaServer,
    memoryShare: 0.9,
    source:
      "vllm-project/vllm-ascend @182b75e tests/e2e/weekly/single_node/configs/Qwq_32b_A3.yaml: --gpu-memory-utilization 0.9",
  },
  backends: [
    on("cann", "documented", "vllm-project/vllm-ascend @182b75e supported_models.md", ["bf16"], {
      quantizations: ["BF16", "W8A8"],
    }),
  ],
  sources: ["vllm-project/vllm-ascend @182b75e docs and weekly configurations"],
};

export const mindie: EngineCapabilities = {
  ...common,
  engine: "mindie",
  version: "1.0.0",
  server: {
    ...cudaServer,
    memoryShare: 0.9,
    graphBytes: 3 * GiB,
    communicationBytes: 0,
    source: "gpustack/gpustack @47277d7, MindIE: weights + KV + 3 GiB; unverified",
  },
  backends: [
    on("cann", "unverified", "hiascend.com MindIE 230", ["bf16"], {
      quantizations: ["BF16", "W8A8"],
    }),
  ],
  sources: [
    "hiascend.com MindIE: mindieservice_daemon, conf/config.json; OpenAI port 1025 from memory",
  ],
};

export const mlx: EngineCapabilities = {
  ...common,
  engine: "mlx",
  version: "mlx-lm",
  formats: ["mlx"],
  parallelism: "none",
  server: {
    memoryShare: 1,
    batchTokens: 2048,
    activationFactors: [[1, 10]],
    graphBytes: 0,
    communicationBytes: 0,
    source:
      "ml-explore/mlx-lm: wires the model up to Metal's working set; activations as elsewhere, unverified",
  },
  backends: [on("metal", "documented", "ml-explore/mlx-lm SERVER.md", ["f16"])],
  sources: ["ml-explore/mlx-lm SERVER.md: mlx_lm.server --model --host --port"],
};

export const sophon: EngineCapabilities = {
  ...common,
  engine: "sophon",
  version: "LLM-TPU@d581e7b",
  parallelism: "tensor",
  severalHosts: false,
  server: {
    ...cudaServer,
    memoryShare: 1,
    batchTokens: 512,
    graphBytes: 0,
    communicationBytes: 0,
    source:
      "compiled models state devices and length; their memory is not documented, weights and cache are counted",
  },
  backends: [
    on("sophon", "documented", "sophgo/LLM-TPU @d581e7b models/Qwen2_5/README.md", ["bf16"], {
      quantizations: ["AWQ-4bit"],
      note: "Only lengths and device counts for which a compiled model exists; LLM-TPU has no OpenAI server for several chips.",
    }),
  ],
  sources: ["sophgo/LLM-TPU @d581e7b, sophgo/sophon-demo @c7c94bb"],
};

export const birensupa: EngineCapabilities = {
  ...common,
  engine: "birensupa",
  version: "26.04",
  backends: [
    on(
      "supa",
      "unverified",
      "birensupa-smartinfer images; no public documentation was found",
      ["bf16"],
      {
        quantizations: ["BF16"],
      },
    ),
  ],
  sources: [
    "birensupa-smartinfer-sglang-26.04 image name, br_api_server --config config.json --port 8000",
  ],
};
