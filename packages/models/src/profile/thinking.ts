import type { ModelProfile, SamplingDefaults } from "@qwq-fit/schema";

import type { GgufValue } from "../gguf/gguf-header.ts";

/** QwQ's card (QwenLM/QwQ README): never greedy, top_k 20 to 40, no minimum. */
const QWQ_SAMPLING: SamplingDefaults = { temperature: 0.6, topP: 0.95, topK: 40, minP: 0 };

/**
 * Whether the model thinks before it answers, and how it wants to be sampled, as far as its file
 * tells: by its chat template, by `general.sampling.*`, and QwQ by its name.
 */
export function thinkingOf(
  metadata: ReadonlyMap<string, GgufValue>,
  name: string,
  architecture: string,
): Pick<ModelProfile, "thinks" | "sampling"> {
  const template = metadata.get("tokenizer.chat_template");
  const stated = statedSampling(metadata);
  return {
    thinks: templateThinking(typeof template === "string" ? template : "", name, architecture),
    sampling: isQwq(name, architecture) ? { ...QWQ_SAMPLING, ...stated } : stated,
  };
}

function isQwq(name: string, architecture: string): boolean {
  return /qwq/i.test(name) && architecture === "qwen2" && !/preview/i.test(name);
}

/** A template that knows a switch can be told not to think; one that merely opens a thought cannot. */
export function templateThinking(
  template: string,
  name: string,
  architecture: string,
): ModelProfile["thinks"] {
  if (isQwq(name, architecture)) return "always";
  if (/enable_thinking|reasoning_effort|\bthinking\b/.test(template)) return "switchable";
  return template.includes("<think>") ? "always" : "never";
}

/** Keys of newer files (llama.cpp v0.5.0 src/llama-arch.cpp, LLM_KV_GENERAL_SAMPLING_*). */
const SAMPLING_KEYS: Readonly<Record<string, keyof SamplingDefaults>> = {
  "general.sampling.temp": "temperature",
  "general.sampling.top_p": "topP",
  "general.sampling.top_k": "topK",
  "general.sampling.min_p": "minP",
  "general.sampling.penalty_repeat": "repeatPenalty",
};

function statedSampling(metadata: ReadonlyMap<string, GgufValue>): SamplingDefaults {
  const pairs = Object.entries(SAMPLING_KEYS).flatMap(([key, field]) => {
    const value = metadata.get(key);
    return typeof value === "number" ? [[field, value] as const] : [];
  });
  return Object.fromEntries(pairs);
}
