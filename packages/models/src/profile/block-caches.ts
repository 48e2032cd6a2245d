import type { BlockCache, BlockProfile } from "@qwq-fit/schema";

import type { Hyperparameters } from "./hyperparameters.ts";
import { numberOfBlock, numberOr, optionalNumber, requiredNumber } from "./hyperparameters.ts";
import { windowOfBlock } from "./sliding-window.ts";

/**
 * What each block keeps in memory, and whether it holds experts; equal ones share an object.
 * Blocks for multi-token prediction are left out: the engine gives them no cache in a normal context.
 *
 * @throws QwqError `unsupported_model` where the engine would miss a hyperparameter.
 */
export function blockProfiles(architecture: string, values: Hyperparameters): BlockProfile[] {
  const known = new Map<string, BlockProfile>();
  return Array.from({ length: blockCount(values) }, (_, block) => {
    const profile = {
      cache: blockCache(architecture, values, block),
      experts: hasExperts(values, block),
    };
    const key = JSON.stringify(profile);
    const same = known.get(key) ?? profile;
    known.set(key, same);
    return same;
  });
}

/** Blocks that run for every token: all but those for multi-token prediction (n_layer of the engine). */
export function blockCount(values: Hyperparameters): number {
  return requiredNumber(values, "block_count") - predictionBlocks(values);
}

/** Blocks for multi-token prediction, which stand last. */
export function predictionBlocks(values: Hyperparameters): number {
  return numberOr(values, "nextn_predict_layers", 0);
}

/** Length of one head's key, and of its value (llama.cpp v0.5.0 src/llama-model.cpp, load_hparams). */
export function headLengths(values: Hyperparameters): { key: number; value: number } {
  const heads = numberOr(values, "attention.head_count", 0);
  const equal = heads === 0 ? 0 : Math.floor(requiredNumber(values, "embedding_length") / heads);
  return {
    key: numberOr(values, "attention.key_length", equal),
    value: numberOr(values, "attention.value_length", equal),
  };
}

function blockCache(architecture: string, values: Hyperparameters, block: number): BlockCache {
  if (isRecurrent(architecture, values, block)) return recurrentCache(values);
  const heads = numberOfBlock(values, "attention.head_count", block, 0);
  const stated = numberOfBlock(values, "attention.head_count_kv", block, heads);
  const kvHeads = sharesCache(architecture, values, block) ? 0 : stated;
  const window = windowOfBlock(architecture, values, block);
  const full = headLengths(values);
  // src/llama-hparams.cpp, is_mla: keys and values come from one compressed row of the key's length.
  if (optionalNumber(values, "attention.key_length_mla") !== null) {
    return { kind: "mla", rowLength: full.key * kvHeads };
  }
  return {
    kind: "gqa",
    kvHeads,
    keyLength: window === null ? full.key : numberOr(values, "attention.key_length_swa", full.key),
    valueLength:
      window === null ? full.value : numberOr(values, "attention.value_length_swa", full.value),
    windowTokens: window,
  };
}

/** Every block of a Mamba is recurrent; of a hybrid Qwen all but each fourth (src/models/qwen35.cpp). */
export function isRecurrent(architecture: string, values: Hyperparameters, block: number): boolean {
  if (block >= blockCount(values)) return false;
  const listed = values["attention.recurrent_layers"];
  if (typeof listed === "object") return (listed[block] ?? 0) !== 0;
  if (HYBRID_INTERVALS.has(architecture)) {
    return (block + 1) % numberOr(values, "full_attention_interval", 4) !== 0;
  }
  if (HEADLESS_RECURRENT.has(architecture)) {
    const feedForward = numberOfBlock(values, "feed_forward_length", block, 0);
    const isBare = !architecture.startsWith("nemotron_h") || feedForward === 0;
    return isBare && numberOfBlock(values, "attention.head_count_kv", block, 1) === 0;
  }
  return RECURRENT.has(architecture);
}

/** The last blocks of some Gemmas read the cache of earlier ones (src/llama-hparams.cpp, has_kv). */
function sharesCache(architecture: string, values: Hyperparameters, block: number): boolean {
  // src/models/gemma3n.cpp: n_layer_kv_from_start.
  if (architecture === "gemma3n") return block >= 20;
  if (architecture !== "gemma4") return false;
  return block >= blockCount(values) - numberOr(values, "attention.shared_kv_layers", 0);
}

/** Hybrids whose blocks without KV heads are recurrent (src/models/<architecture>.cpp, is_recr_impl). */
const HEADLESS_RECURRENT: ReadonlySet<string> = new Set([
  "granitehybrid",
  "jamba",
  "lfm2",
  "lfm2moe",
  "nemotron_h",
  "nemotron_h_moe",
  "plamo2",
]);

/** Architectures with caches of other kinds (src/llama-model.cpp, create_memory): what is counted here is not all, or not right. */
const OTHER_CACHES: ReadonlySet<string> = new Set([
  "arwkv7",
  "bailingmoe3",
  "deepseek32",
  "deepseek4",
  "falcon-h1",
  "glm-dsa",
  "hy_v4",
  "kimi-k3",
  "kimi-linear",
  "minimax-01",
  "minimax-m3",
  "qwen4exp",
  "rwkv6",
  "rwkv6qwen2",
  "rwkv7",
]);

/** What to say of an architecture whose caches are not counted exactly. */
export function cacheWarnings(architecture: string): string[] {
  if (!OTHER_CACHES.has(architecture)) return [];
  return [`The context memory of "${architecture}" is of a kind that is only roughly counted.`];
}

/** Architectures whose blocks attend fully in each `full_attention_interval`-th block alone. */
const HYBRID_INTERVALS: ReadonlySet<string> = new Set(["qwen35", "qwen35moe", "qwen3next"]);
/** Architectures without attention (src/llama-arch.cpp, llm_arch_is_recurrent), of the Mamba kind. */
const RECURRENT: ReadonlySet<string> = new Set(["mamba", "mamba2"]);

/** src/llama-hparams.cpp, n_embd_r and n_embd_s: elements of both states for one sequence. */
function recurrentCache(values: Hyperparameters): BlockCache {
  const inner = numberOr(values, "ssm.inner_size", 0);
  const state = numberOr(values, "ssm.state_size", 0);
  const groups = numberOr(values, "ssm.group_count", 0);
  const kernel = numberOr(values, "ssm.conv_kernel", 0);
  const shortKernel = numberOr(values, "shortconv.l_cache", 0);
  if (shortKernel > 0) {
    const width = requiredNumber(values, "embedding_length");
    return { kind: "recurrent", convElements: width * (shortKernel - 1), stateElements: 0 };
  }
  return {
    kind: "recurrent",
    convElements: Math.max(kernel - 1, 0) * (inner + 2 * groups * state),
    stateElements: state * inner,
  };
}

function hasExperts(values: Hyperparameters, block: number): boolean {
  return (
    numberOr(values, "expert_count", 0) > 0 &&
    block >= numberOr(values, "leading_dense_block_count", 0)
  );
}
