/** The vocabulary of the scripted model: every byte, the chat tokens, words ` t0`… of thought and ` w0`… of answer. */
export interface ScriptedVocabulary {
  readonly size: number;
  readonly endId: number;
  tokenize(text: string): number[];
  bytesOf(token: number): Uint8Array;
  /** What the model says after this token, whatever came before. */
  next(token: number): number;
}

const CHAT_TOKENS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<think>", "</think>"] as const;

/** After "\n" (or `<think>`) it says ` t0` to ` t{thoughts-1}`, `</think>`, ` w0` to ` w{words-1}` and ends. */
export function scriptedVocabulary(thoughts: number, words: number): ScriptedVocabulary {
  const texts: string[] = [
    ...CHAT_TOKENS,
    ...Array.from({ length: thoughts }, (_, i) => ` t${i}`),
    ...Array.from({ length: words }, (_, i) => ` w${i}`),
  ];
  const idOf = new Map(texts.map((text, index) => [text, 256 + index]));
  const id = (text: string): number => idOf.get(text) ?? 0;
  const encoder = new TextEncoder();
  const endId = id("<|im_end|>");
  const chain = [
    "\n".charCodeAt(0),
    ...Array.from({ length: thoughts }, (_, i) => id(` t${i}`)),
    id("</think>"),
    ...Array.from({ length: words }, (_, i) => id(` w${i}`)),
    endId,
  ];
  const successors = new Map<number, number>();
  for (let i = 1; i < chain.length; i++) successors.set(chain[i - 1] ?? 0, chain[i] ?? endId);
  successors.set(id("<think>"), chain[1] ?? endId);
  const pattern = /<\|endoftext\|>|<\|im_start\|>|<\|im_end\|>|<think>|<\/think>| [tw]\d+/gu;
  return {
    size: 256 + texts.length,
    endId,
    next: (token) => successors.get(token) ?? endId,
    bytesOf: (token) =>
      token < 256 ? Uint8Array.of(token) : encoder.encode(texts[token - 256] ?? ""),
    tokenize(text) {
      const tokens: number[] = [];
      let at = 0;
      for (const match of text.matchAll(pattern)) {
        const known = idOf.get(match[0]);
        if (known === undefined) continue;
        tokens.push(...encoder.encode(text.slice(at, match.index)), known);
        at = match.index + match[0].length;
      }
      tokens.push(...encoder.encode(text.slice(at)));
      return tokens;
    },
  };
}
