import type { Backend, KvCacheType } from "@qwq-fit/schema";
import { Option } from "commander";
import type { Command } from "commander";
import { LANGUAGES } from "../text/text-for.ts";
import type { Language } from "../text/text-for.ts";
import { KV_CACHE_TYPES } from "./known-words.ts";
import { onOff, oneOf, wholeNumber } from "./parse-values.ts";

/** Options that every command has. */
interface CommonOptions {
  readonly json?: boolean;
  readonly lang?: Language;
}

/** Options of `models` and `hardware`. */
export type ListOptions = CommonOptions;

/** Options of `catalog update`. */
export interface CatalogUpdateOptions extends CommonOptions {
  readonly key?: string;
}

/** Options of `check` and `compare`. */
export interface CheckOptions extends CommonOptions {
  readonly model?: string;
  readonly context?: number;
  readonly concurrency?: number;
  readonly quantization?: string;
  readonly optimize?: "quality" | "speed" | "context";
  readonly hardware?: string;
  readonly explain?: boolean;
}

/** Options of `plan`. */
export interface PlanCommandOptions extends CheckOptions {
  readonly reverse?: boolean;
  readonly tokensPerSecond?: number;
  readonly target?: "local" | "sagemaker";
}

/** Options of `profile`. */
export interface ProfileOptions extends CommonOptions {
  readonly explain?: boolean;
  readonly hardware?: string;
  readonly record?: string;
}

/** Options of `estimate`. */
export interface EstimateOptions extends CommonOptions {
  readonly explain?: boolean;
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
}

const EXPLAIN = "show every number's formula, inputs and source";
const OPTIMIZE = ["quality", "speed", "context"] as const;

/** Sequences that llama.cpp can hold: llama.cpp v0.5.0 src/llama-cparams.h, LLAMA_MAX_SEQ. */
const MOST_SEQUENCES = 256;
/** Threads that ggml can have: llama.cpp v0.5.0 ggml/include/ggml.h, GGML_MAX_N_THREADS. */
const MOST_THREADS = 512;

/** An option that takes one of some words; help and shell completion know them. */
function choice(flags: string, about: string, words: readonly string[]): Option {
  const option = new Option(flags, about).argParser(oneOf(...words));
  option.argChoices = [...words];
  return option;
}

function onOffOption(flags: string, about: string): Option {
  return choice(flags, about, ["on", "off"]).argParser(onOff).default(true, "on");
}

/** `--json` and `--lang`, last in every command's help. */
export function addCommonOptions(command: Command): Command {
  return command
    .option("--json", "print JSON")
    .addOption(choice("--lang <language>", "instead of LANG", LANGUAGES));
}

export function addCheckOptions(command: Command): Command {
  const options = command
    .allowExcessArguments(false)
    .option("-m, --model <name or file>", "model or GGUF file (default: QwQ-32B)")
    .option("-c, --context <tokens>", "context of one sequence", wholeNumber(1))
    .option("--concurrency <n>", "sequences side by side", wholeNumber(1, MOST_SEQUENCES))
    .option("-q, --quantization <name>", "only this one, such as Q4_K_M")
    .addOption(choice("--optimize <aim>", "what the plan is best at", OPTIMIZE))
    .option("--hardware <file or name>", "another machine than this one")
    .option("--explain", EXPLAIN);
  return addCommonOptions(options);
}

export function addPlanOptions(command: Command): Command {
  return addCheckOptions(command)
    .addOption(choice("--target <where>", "for a SageMaker endpoint", ["local", "sagemaker"]))
    .option("--reverse", "which machines of the catalogue run the model?")
    .option("--tokens-per-second <n>", "least speed for --reverse", wholeNumber(1, 100_000));
}

export function addProfileOptions(command: Command): Command {
  const options = command
    .option("--hardware <file or name>", "another machine")
    .option("--record <file>", "write the machine to a file for --hardware")
    .option("--explain", EXPLAIN);
  return addCommonOptions(options);
}

export function addEstimateOptions(command: Command): Command {
  const options = command
    .option("-c, --context <tokens>", "context of one sequence", wholeNumber(1), 16_384)
    .option("--batch <tokens>", "both of the engine's batch sizes", wholeNumber(1), 512)
    .option("--concurrency <n>", "sequences", wholeNumber(1, MOST_SEQUENCES), 1)
    .addOption(
      choice("--kv-cache-type <type>", "type of the KV cache", KV_CACHE_TYPES).default("f16"),
    )
    .addOption(onOffOption("--flash-attention <on|off>", "flash attention"))
    .option("--offloaded-layers <n>", "layers on the GPU", wholeNumber(0), 0)
    .addOption(onOffOption("--mmap <on|off>", "map the file instead of reading it"))
    .option("--threads <n>", "threads that compute", wholeNumber(1, MOST_THREADS))
    .option("-q, --quantization <name>", "of a catalogue model (default: Q4_K_M)")
    .option("--backend <name>", "compute API, such as cpu or vulkan")
    .option("--engine-version <version>", "version of node-llama-cpp")
    .option("--hardware <file or name>", "another machine than this one")
    .option("--explain", EXPLAIN);
  return addCommonOptions(options);
}
