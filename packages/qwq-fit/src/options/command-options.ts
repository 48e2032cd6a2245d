import type { Backend, KvCacheType } from "@qwq-fit/schema";
import type { Command } from "commander";
import { onOff, oneOf, wholeNumber } from "./parse-values.ts";

/** Options of `check` and `plan`. */
export interface CheckOptions {
  readonly model?: string;
  readonly context?: number;
  readonly concurrency?: number;
  readonly quantization?: string;
  readonly optimize?: "quality" | "speed" | "context";
  readonly hardware?: string;
  readonly explain?: boolean;
  readonly json?: boolean;
}

/** Options of `profile`. */
export interface ProfileOptions {
  readonly hardware?: string;
  readonly record?: string;
  readonly json?: boolean;
}

/** Options of `estimate`. */
export interface EstimateOptions {
  readonly context: number;
  readonly batch: number;
  readonly concurrency: number;
  readonly kvCacheType: KvCacheType;
  readonly flashAttention: boolean;
  readonly offloadedLayers: number;
  readonly mmap: boolean;
  readonly threads?: number;
  readonly quantization?: string;
  readonly backend?: Backend;
  readonly engineVersion?: string;
  readonly hardware?: string;
  readonly json?: boolean;
}

const KV_CACHE_TYPES = [
  "f32",
  "f16",
  "bf16",
  "q8_0",
  "q5_1",
  "q5_0",
  "q4_1",
  "q4_0",
  "iq4_nl",
] as const satisfies readonly KvCacheType[];

/** Sequences that llama.cpp can hold: llama.cpp v0.5.0 src/llama-cparams.h, LLAMA_MAX_SEQ. */
const MOST_SEQUENCES = 256;
/** Threads that ggml can have: llama.cpp v0.5.0 ggml/include/ggml.h, GGML_MAX_N_THREADS. */
const MOST_THREADS = 512;

export function addCheckOptions(command: Command): Command {
  return command
    .allowExcessArguments(false)
    .option("-m, --model <name or file>", "model or GGUF file (default: QwQ-32B)")
    .option("-c, --context <tokens>", "context of one sequence", wholeNumber(1))
    .option("--concurrency <n>", "sequences side by side", wholeNumber(1, MOST_SEQUENCES))
    .option("-q, --quantization <name>", "only this one, such as Q4_K_M")
    .option("--optimize <aim>", "quality, speed or context", oneOf("quality", "speed", "context"))
    .option("--hardware <file or name>", "another machine than this one")
    .option("--explain", "show every number's formula, inputs and source")
    .option("--json", "print JSON");
}

export function addEstimateOptions(command: Command): Command {
  return command
    .option("-c, --context <tokens>", "context of one sequence", wholeNumber(1), 16_384)
    .option("--batch <tokens>", "both of the engine's batch sizes", wholeNumber(1), 512)
    .option("--concurrency <n>", "sequences", wholeNumber(1, MOST_SEQUENCES), 1)
    .option("--kv-cache-type <type>", "type of the KV cache", oneOf(...KV_CACHE_TYPES), "f16")
    .option("--flash-attention <on|off>", "flash attention", onOff, true)
    .option("--offloaded-layers <n>", "layers on the GPU", wholeNumber(0), 0)
    .option("--mmap <on|off>", "map the file instead of reading it", onOff, true)
    .option("--threads <n>", "threads that compute", wholeNumber(1, MOST_THREADS))
    .option("-q, --quantization <name>", "of a catalogue model (default: Q4_K_M)")
    .option("--backend <name>", "compute API, such as cpu or vulkan")
    .option("--engine-version <version>", "version of node-llama-cpp")
    .option("--hardware <file or name>", "another machine than this one")
    .option("--json", "print JSON");
}
