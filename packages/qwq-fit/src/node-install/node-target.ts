import type { Backend, EngineName } from "@qwq-fit/schema";

/** What a node can be installed as. */
export const NODE_TARGETS = [
  "launchd",
  "systemd",
  "compose-nvidia",
  "compose-amd",
  "ascend",
  "cann",
  "musa",
  "sophgo",
  "biren",
  "ray",
  "sglang",
  "rpc",
] as const;

/** See {@link NODE_TARGETS}. */
export type NodeTarget = (typeof NODE_TARGETS)[number];

/** What a target asks of a plan. */
export interface TargetRule {
  readonly engines: readonly EngineName[];
  /** Null: any. */
  readonly backend: Backend | null;
  readonly severalHosts: boolean;
  readonly about: string;
  /** A machine that shows it. */
  readonly example: string;
}

const rule = (
  about: string,
  engines: readonly EngineName[],
  backend: Backend | null,
  example: string,
  severalHosts: boolean = false,
): TargetRule => ({ about, engines, backend, example, severalHosts });

const LLAMA = ["node-llama-cpp", "llama-server"] as const;

/** Which plan each target is made of. */
export const TARGET_RULES: Readonly<Record<NodeTarget, TargetRule>> = {
  launchd: rule("a daemon on a Mac", LLAMA, null, "Mac mini M4 Pro 64GB"),
  systemd: rule("a hardened unit on Linux", LLAMA, null, "RTX 4090"),
  "compose-nvidia": rule("vLLM on NVIDIA", ["vllm"], "cuda", "RTX 4090"),
  "compose-amd": rule("vLLM on AMD", ["vllm"], "rocm", "MI300X"),
  ascend: rule("vllm-ascend on Ascend 910B", ["vllm-ascend"], "cann", "Ascend 910B"),
  cann: rule("llama.cpp on Ascend (CANN)", ["llama-server"], "cann", "Ascend 910B"),
  musa: rule("llama.cpp on Moore Threads (MUSA)", ["llama-server"], "musa", "MTT S4000"),
  sophgo: rule("Sophgo's server", ["sophon"], "sophon", "4x BM1684X"),
  biren: rule("Biren's server", ["birensupa"], "supa", "2x Biren BR100"),
  ray: rule("vLLM with Ray over several machines", ["vllm"], null, "4x DGX Spark", true),
  sglang: rule("SGLang over several machines", ["sglang"], null, "2x DGX Spark", true),
  rpc: rule("llama.cpp over several Macs", ["llama-server"], null, "2x Mac mini M4 Pro 24GB", true),
};
