import type { Metadata } from "./gguf-encoder.ts";

/** A vocabulary that the engine's byte-level BPE accepts; `special` are ids of tokens by their text. */
export interface Vocabulary {
  readonly tokens: readonly string[];
  /** llama.cpp v0.5.0 include/llama.h, enum llama_token_type. */
  readonly types: readonly number[];
  readonly special: ReadonlyMap<string, number>;
}

const NORMAL = 1;
const CONTROL = 3;
const USER_DEFINED = 4;

/** ChatML with an opened thought, as QwQ's template has it. */
const CHAT_TEMPLATE =
  "{%- for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>' + '\\n' }}{%- endfor %}" +
  "{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n<think>\\n' }}{%- endif %}";

const CONTROL_TOKENS: readonly string[] = [
  "<|endoftext|>",
  "<|im_start|>",
  "<|im_end|>",
  "<|pad|>",
];
const THOUGHT_TOKENS: readonly string[] = ["<think>", "</think>"];

/** The 256 bytes, then `words` as tokens of their own, then the special ones. */
export function createVocabulary(
  words: readonly string[],
  wordsAre: "plain" | "whole",
): Vocabulary {
  const bytes = byteTokens();
  const tokens = [...bytes, ...words, ...CONTROL_TOKENS, ...THOUGHT_TOKENS];
  const wordType = wordsAre === "whole" ? USER_DEFINED : NORMAL;
  const types = [
    ...bytes.map(() => NORMAL),
    ...words.map(() => wordType),
    ...CONTROL_TOKENS.map(() => CONTROL),
    ...THOUGHT_TOKENS.map(() => USER_DEFINED),
  ];
  const specials = [...CONTROL_TOKENS, ...THOUGHT_TOKENS];
  const firstSpecial = tokens.length - specials.length;
  return {
    tokens,
    types,
    special: new Map(specials.map((token, index) => [token, firstSpecial + index])),
  };
}

/** A vocabulary of `size` tokens in all, filled up with numbered ones. */
export function fillerVocabulary(size: number): Vocabulary {
  const fixed = 256 + CONTROL_TOKENS.length + THOUGHT_TOKENS.length;
  const words = Array.from({ length: Math.max(size - fixed, 0) }, (_, index) => `tok${index}`);
  return createVocabulary(words, "plain");
}

/** The tokenizer's part of the metadata: GPT-2's byte-level BPE with Qwen's splitting. */
export function tokenizerMetadata(vocabulary: Vocabulary): Metadata {
  const idOf = (token: string): number => vocabulary.special.get(token) ?? 0;
  return [
    ["tokenizer.ggml.model", { type: "string", value: "gpt2" }],
    ["tokenizer.ggml.pre", { type: "string", value: "qwen2" }],
    ["tokenizer.ggml.tokens", { type: "strings", value: vocabulary.tokens }],
    ["tokenizer.ggml.token_type", { type: "int32s", value: vocabulary.types }],
    ["tokenizer.ggml.merges", { type: "strings", value: ["t h", "i n"] }],
    ["tokenizer.ggml.eos_token_id", { type: "uint32", value: idOf("<|im_end|>") }],
    ["tokenizer.ggml.bos_token_id", { type: "uint32", value: idOf("<|endoftext|>") }],
    ["tokenizer.ggml.padding_token_id", { type: "uint32", value: idOf("<|pad|>") }],
    ["tokenizer.ggml.add_bos_token", { type: "bool", value: false }],
    ["tokenizer.chat_template", { type: "string", value: CHAT_TEMPLATE }],
  ];
}

/**
 * The character that stands for each byte in GPT-2's vocabulary: printable Latin-1 characters for
 * themselves, all others from U+0100 on (openai/gpt-2 encoder.py, bytes_to_unicode).
 */
function byteTokens(): string[] {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable =
      (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255);
    return String.fromCodePoint(printable ? byte : next++);
  });
}
