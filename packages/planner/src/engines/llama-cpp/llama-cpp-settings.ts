import type { Backend, KvCacheType } from "@qwq-fit/schema";

/** Programs that have llama.cpp inside and whose rules are known here. */
export type LlamaCppEngine = "node-llama-cpp" | "llama-server";

/** What llama.cpp is told, as far as memory depends on it. */
export interface LlamaCppSettings {
  /** The program around llama.cpp; "node-llama-cpp" where left out. */
  readonly engine?: LlamaCppEngine;
  /** Version of that program or of its llama.cpp: "3.22.1", "v0.5.0". An unknown one takes the newest rules. */
  readonly engineVersion: string;
  readonly backend: Backend;
  /** Context of one sequence. */
  readonly contextTokens: number;
  readonly sequences: number;
  /** Tokens of one batch; sets both of the engine's batches (`n_batch`, `n_ubatch`). */
  readonly batchTokens: number;
  /** `n_ubatch` apart from `n_batch`; llama-server only. */
  readonly microBatchTokens?: number;
  readonly kvCacheType: KvCacheType;
  readonly flashAttention: boolean;
  /** Layers on the devices, counted from the last; the output head counts as one. */
  readonly offloadedLayers: number;
  readonly mmap: boolean;
  readonly threads: number;
  /** False forbids the second copy of weights in the CPU's own layout (`--no-repack`); llama-server only. */
  readonly repack?: boolean;
  /** Keeps every expert tensor on the CPU (`--cpu-moe`); llama-server only. */
  readonly expertsOnCpu?: boolean;
  /** Keeps the experts of the first N blocks on the CPU (`--n-cpu-moe N`); llama-server only. */
  readonly expertBlocksOnCpu?: number;
  /** One KV buffer for all sequences (`--kv-unified`); llama-server only. */
  readonly kvUnified?: boolean;
  /** Full-size cache for sliding-window blocks (`--swa-full`, `swaFullCache`). */
  readonly swaFullCache?: boolean;
  /** Ids of the profile's devices to use, in the engine's order; all of the backend's where left out. */
  readonly devices?: readonly string[];
}
