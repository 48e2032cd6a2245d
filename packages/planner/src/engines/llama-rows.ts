import { GiB } from "@qwq-fit/schema";
import type { Backend, EvidenceStatus, KvCacheType } from "@qwq-fit/schema";

import type { BackendSupport, EngineCapabilities, Margin } from "./capabilities.ts";

const kvCacheTypes: readonly KvCacheType[] = ["f16", "q8_0", "q4_0"];

const hostMargin: Margin = {
  share: 0.25,
  maximumBytes: GiB,
  source:
    "node-llama-cpp 3.22.1 dist/bindings/getLlama.js, defaultLlamaRamPadding (Linux); taken everywhere, because availableBytes already leaves out what the system holds",
};

const support = (
  backend: Backend,
  status: EvidenceStatus,
  source: string,
  limits: Partial<
    Pick<BackendSupport, "quantizations" | "kvCacheTypes" | "flashAttention" | "note">
  > = {},
): BackendSupport => ({
  backend,
  status,
  quantizations: null,
  kvCacheTypes,
  flashAttention: true,
  source,
  note: null,
  ...limits,
});

/** node-llama-cpp 3.22.1, which brings llama.cpp v0.5.0: what the local server runs. */
export const nodeLlamaCpp: EngineCapabilities = {
  engine: "node-llama-cpp",
  version: "3.22.1",
  llamaCpp: "v0.5.0",
  known: true,
  formats: ["gguf"],
  backends: [
    support("cuda", "documented", "node-llama-cpp 3.22.1 optionalDependencies"),
    support("metal", "documented", "node-llama-cpp 3.22.1 optionalDependencies"),
    support("vulkan", "run", "@node-llama-cpp/linux-x64-vulkan 3.22.1, run on llvmpipe"),
    support("cpu", "run", "@node-llama-cpp/linux-x64 3.22.1"),
  ],
  takes: {
    threads: true,
    mmap: true,
    repack: false,
    kvCacheType: true,
    flashAttention: true,
    offloadedLayers: true,
    expertsOnCpu: false,
    split: false,
    extendedContext: false,
  },
  parallelism: "layers",
  severalHosts: false,
  server: null,
  deviceMargin: {
    share: 0.08,
    maximumBytes: Math.floor(1.6 * GiB),
    source: "node-llama-cpp 3.22.1 dist/bindings/getLlama.js, defaultLlamaVramPadding",
  },
  hostMargin,
  sources: [
    "node-llama-cpp 3.22.1 dist/evaluator/LlamaModel/LlamaModel.d.ts, LlamaModelOptions: gpuLayers, useMmap; no repack, no expert or split option",
    "node-llama-cpp 3.22.1 dist/evaluator/LlamaContext/types.d.ts, LlamaContextOptions: sequences, batchSize, threads, flashAttention, experimentalKvCacheKeyType; no rope scaling",
  ],
};

/** llama-server of llama.cpp v0.5.0. */
export const llamaServer: EngineCapabilities = {
  engine: "llama-server",
  version: "v0.5.0",
  llamaCpp: "v0.5.0",
  known: true,
  formats: ["gguf"],
  backends: [
    support("cpu", "documented", "llama.cpp v0.5.0 docs/build.md"),
    support("cuda", "documented", "llama.cpp v0.5.0 docs/build.md, CUDA"),
    support("metal", "documented", "llama.cpp v0.5.0 docs/build.md, Metal"),
    support("rocm", "documented", "llama.cpp v0.5.0 docs/build.md, HIP"),
    support("vulkan", "documented", "llama.cpp v0.5.0 docs/build.md, Vulkan"),
    support("sycl", "documented", "llama.cpp v0.5.0 docs/backend/SYCL.md", {
      kvCacheTypes: ["f16", "q8_0"],
    }),
    support("musa", "documented", "llama.cpp v0.5.0 docs/build.md, MUSA"),
    support("cann", "documented", "llama.cpp v0.5.0 docs/backend/CANN.md", {
      quantizations: ["F16", "Q8_0", "Q4_0"],
      kvCacheTypes: ["f16"],
      note: "CANN computes F16, Q8_0 and Q4_0 weights; K-quants would run on the CPU.",
    }),
    support("opencl", "documented", "llama.cpp v0.5.0 docs/backend/OPENCL.md", {
      quantizations: ["Q4_0", "Q8_0", "F16"],
      kvCacheTypes: ["f16"],
      note: "OpenCL is tuned for Adreno and Q4_0.",
    }),
  ],
  takes: {
    threads: true,
    mmap: true,
    repack: true,
    kvCacheType: true,
    flashAttention: true,
    offloadedLayers: true,
    expertsOnCpu: true,
    split: true,
    extendedContext: true,
  },
  parallelism: "layers",
  severalHosts: true,
  server: null,
  deviceMargin: {
    share: 1,
    maximumBytes: GiB,
    source: "llama.cpp v0.5.0 common/common.h, common_params::fit_params_target",
  },
  hostMargin,
  sources: ["llama.cpp v0.5.0 common/arg.cpp, common_params_parser_init"],
};
