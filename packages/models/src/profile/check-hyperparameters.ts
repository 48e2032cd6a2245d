import { QwqError } from "@qwq-fit/schema";

import type { Hyperparameters } from "./hyperparameters.ts";
import { numberOr, requiredNumber } from "./hyperparameters.ts";

/** llama.cpp v0.5.0 src/llama-hparams.h, LLAMA_MAX_LAYERS and LLAMA_MAX_EXPERTS. */
const MAX_BLOCKS = 512;
const MAX_EXPERTS = 1024;
/** The engine keeps counts and lengths in 32 bits; none of a real model comes near. */
const MAX_COUNT = 2 ** 31 - 1;

/** Keys whose value is a count or a length: a whole number, not negative. */
const COUNTS: readonly RegExp[] = [
  /_(count|length|layers|size|rank|used_count|interval)$/,
  /^attention\.head_count/,
  /^attention\.(key|value)_length/,
  /^attention\.sliding_window$/,
  /^ssm\./,
];

/** Keys that hold one value for all blocks or one for each (src/llama-model-loader.cpp, get_key_or_arr). */
const PER_BLOCK: readonly string[] = [
  "attention.head_count",
  "attention.head_count_kv",
  "attention.recurrent_layers",
  "expert_feed_forward_length",
  "expert_used_count",
  "feed_forward_length",
];

/**
 * Refuses hyperparameters with which the engine would stop, and such that would make a planner
 * count without end. @throws QwqError `unsupported_model`.
 */
export function checkHyperparameters(values: Hyperparameters): void {
  for (const [key, value] of Object.entries(values)) {
    const isCount = COUNTS.some((pattern) => pattern.test(key));
    for (const number of typeof value === "object" ? value : [value]) {
      if (typeof number !== "number") continue;
      if (isCount) checkRange(key, number, 0, MAX_COUNT);
      else if (!Number.isFinite(number)) throw senseless(key, number, "a finite number");
    }
  }
  const blocks = requiredNumber(values, "block_count");
  checkRange("block_count", blocks, 1, MAX_BLOCKS);
  checkRange("nextn_predict_layers", numberOr(values, "nextn_predict_layers", 0), 0, blocks - 1);
  for (const key of PER_BLOCK) {
    const value = values[key];
    if (typeof value === "object") checkRange(`the length of ${key}`, value.length, blocks, blocks);
  }
  if (numberOr(values, "rope.freq_base", 1) < 0) {
    throw senseless("rope.freq_base", numberOr(values, "rope.freq_base", 1), "positive");
  }
  const experts = numberOr(values, "expert_count", 0);
  checkRange("expert_count", experts, 0, MAX_EXPERTS);
  // src/llama-model.cpp, load_hparams: with experts some block must use some of them.
  const used = values["expert_used_count"];
  const mostUsed =
    typeof used === "object" ? Math.max(...used) : numberOr(values, "expert_used_count", 0);
  checkRange("expert_used_count", mostUsed, Math.min(1, experts), experts);
  checkRange("embedding_length", requiredNumber(values, "embedding_length"), 1, MAX_COUNT);
}

function checkRange(key: string, value: number, low: number, high: number): void {
  if (!Number.isInteger(value) || value < low || value > high) {
    throw senseless(key, value, `a whole number from ${low} to ${high}`);
  }
}

function senseless(key: string, value: number, wanted: string): QwqError {
  return new QwqError("unsupported_model", `${key} is ${value}; it must be ${wanted}`, {
    hint: "The file's hyperparameters make no sense to the engine; download it again.",
  });
}
