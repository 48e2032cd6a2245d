import { QwqError } from "@qwq-fit/schema";

import type { Metadata } from "./gguf-encoder.ts";
import { createVocabulary, tokenizerMetadata } from "./vocabulary.ts";

/** What a scripted model is to say. */
export interface ScriptedOptions {
  /** How many words the answer has: " w0", " w1", … Default 400. */
  readonly words?: number;
  /** How many words the thought has: " t0", " t1", … Default 60. */
  readonly thinkWords?: number;
  /** The thought's own words instead, each a token; no word may stand twice in the script. */
  readonly thought?: readonly string[];
  /** The answer's own words instead. */
  readonly answer?: readonly string[];
  /** Blocks of zeros: more make the engine slower. Default 1. */
  readonly blocks?: number;
  /** Default 32768. */
  readonly contextTokens?: number;
}

/** All that the file is made of. */
export interface ScriptedPlan {
  readonly metadata: Metadata;
  readonly tensors: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly bytes: number;
  }[];
  /** Embedding length. */
  readonly width: number;
  /** Of each token the one that follows it. */
  readonly successors: readonly number[];
  readonly thought: readonly string[];
  readonly answer: readonly string[];
  readonly text: string;
}

const HEADS = 4;
const FEED_FORWARD = 256;
/** The token that stands for a line feed in a byte-level vocabulary. */
const LINE_FEED = "Ċ";

/** Vocabulary, transition table and tensors of a scripted model. @throws QwqError `invalid_value`. */
export function planScripted(options: ScriptedOptions): ScriptedPlan {
  const thought = options.thought ?? numbered(" t", options.thinkWords ?? 60);
  const answer = options.answer ?? numbered(" w", options.words ?? 400);
  const script = [...thought, ...answer];
  checkScript(script);
  const vocabulary = createVocabulary(script, "whole");
  const tokens = vocabulary.tokens;
  const width = Math.ceil(tokens.length / 256) * 256;
  const blocks = options.blocks ?? 1;
  return {
    metadata: [
      ["general.architecture", { type: "string", value: "qwen2" }],
      ["general.name", { type: "string", value: "scripted" }],
      ["general.file_type", { type: "uint32", value: 0 }],
      ["qwen2.block_count", { type: "uint32", value: blocks }],
      ["qwen2.context_length", { type: "uint32", value: options.contextTokens ?? 32_768 }],
      ["qwen2.embedding_length", { type: "uint32", value: width }],
      ["qwen2.feed_forward_length", { type: "uint32", value: FEED_FORWARD }],
      ["qwen2.attention.head_count", { type: "uint32", value: HEADS }],
      ["qwen2.attention.head_count_kv", { type: "uint32", value: HEADS }],
      ["qwen2.rope.freq_base", { type: "float32", value: 1e6 }],
      ["qwen2.attention.layer_norm_rms_epsilon", { type: "float32", value: 1e-6 }],
      ...tokenizerMetadata(vocabulary),
    ],
    tensors: scriptedTensors(tokens.length, width, blocks),
    width,
    successors: successorsOf(tokens, thought, answer),
    thought,
    answer,
    text: `${thought.join("")}</think>${answer.join("")}`,
  };
}

function numbered(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}`);
}

/** A line feed ends the prompt: as a word it would be read there, and start in the middle. */
const RESERVED: ReadonlySet<string> = new Set(["", "\n", "<think>", "</think>", "<|im_end|>"]);

function checkScript(script: readonly string[]): void {
  const seen = new Set(RESERVED);
  for (const word of script) {
    if (seen.has(word)) {
      throw new QwqError("invalid_value", `the script cannot have ${JSON.stringify(word)} here`, {
        hint: "Each word has one successor: number words that come again, and join a line feed to its neighbour.",
      });
    }
    seen.add(word);
  }
}

/** Each token's successor; what is not in the script leads to the end token. */
function successorsOf(
  tokens: readonly string[],
  thought: readonly string[],
  answer: readonly string[],
): number[] {
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const end = ids.get("<|im_end|>") ?? 0;
  const chain = [LINE_FEED, ...thought, "</think>", ...answer, "<|im_end|>"];
  const next = new Map(chain.slice(0, -1).map((token, place) => [token, chain[place + 1] ?? ""]));
  next.set("<think>", chain[1] ?? "");
  return tokens.map((token) => ids.get(next.get(token) ?? "") ?? end);
}

function scriptedTensors(tokens: number, width: number, blocks: number): ScriptedPlan["tensors"] {
  const square = [width, width];
  const inBlock: readonly (readonly [string, readonly number[]])[] = [
    ["attn_norm.weight", [width]],
    ["ffn_norm.weight", [width]],
    ["attn_q.weight", square],
    ["attn_k.weight", square],
    ["attn_v.weight", square],
    ["attn_output.weight", square],
    ["attn_q.bias", [width]],
    ["attn_k.bias", [width]],
    ["attn_v.bias", [width]],
    ["ffn_gate.weight", [width, FEED_FORWARD]],
    ["ffn_up.weight", [width, FEED_FORWARD]],
    ["ffn_down.weight", [FEED_FORWARD, width]],
  ];
  const all: (readonly [string, readonly number[]])[] = [
    ["token_embd.weight", [width, tokens]],
    ["output.weight", [width, tokens]],
    ["output_norm.weight", [width]],
  ];
  for (let block = 0; block < blocks; block++) {
    for (const [name, shape] of inBlock) all.push([`blk.${block}.${name}`, shape]);
  }
  return all.map(([name, shape]) => ({
    name,
    shape,
    bytes: shape.reduce((product, side) => product * side, 1) * Float32Array.BYTES_PER_ELEMENT,
  }));
}
