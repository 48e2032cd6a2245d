import type { EngineName, KvCacheType } from "@qwq-fit/schema";

/** Types that ggml's CPU and GPU backends hold a KV cache in (llama.cpp v0.5.0 common/arg.cpp, kv_cache_types). */
export const KV_CACHE_TYPES: readonly KvCacheType[] = [
  "f32",
  "f16",
  "bf16",
  "q8_0",
  "q5_1",
  "q5_0",
  "q4_1",
  "q4_0",
  "iq4_nl",
];

/** Engines of the planner that a node may run. */
export const NODE_ENGINES: readonly EngineName[] = [
  "node-llama-cpp",
  "llama-server",
  "ollama",
  "lm-studio",
  "vllm",
  "sglang",
  "vllm-ascend",
  "mindie",
  "mlx",
];
