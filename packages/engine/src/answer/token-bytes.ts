import { byteLevelBytes, byteLevelTable } from "./byte-level.ts";

/** What we ask of a vocabulary; the native model is one. */
export interface Vocabulary {
  /** llama_vocab_type (llama.cpp v0.5.0 include/llama.h): 1 SPM, 2 BPE, 3 WPM, 4 UGM, 5 RWKV, 6 PLaMo-2. */
  getVocabularyType(): number;
  getTokenString(token: number): string;
  /** llama_token_attr bits. */
  getTokenAttributes(token: number): number;
  isEogToken(token: number): boolean;
  detokenize(tokens: Uint32Array, special: boolean): string;
}

// llama.cpp v0.5.0 include/llama.h, llama_token_attr
const UNKNOWN = 1 << 0;
const CONTROL = 1 << 3;
const USER_DEFINED = 1 << 4;
const BYTE = 1 << 5;
const SPM = 1;
const BPE = 2;
const UGM = 4;
const PLAMO2 = 6;

/**
 * The bytes that a token stands for, as llama.cpp writes it (v0.5.0 src/llama-vocab.cpp,
 * llama_vocab::impl::token_to_piece). Control tokens keep their text, for tags of thoughts and tools may be such; tokens
 * that end the text have none.
 */
export function tokenBytes(vocabulary: Vocabulary): (token: number) => Uint8Array {
  const type = vocabulary.getVocabularyType();
  const table = byteLevelTable();
  const encoder = new TextEncoder();
  const known = new Map<number, Uint8Array>();
  const read = (token: number): Uint8Array => {
    if (vocabulary.isEogToken(token)) return new Uint8Array(0);
    const attributes = vocabulary.getTokenAttributes(token);
    const text = vocabulary.getTokenString(token);
    if ((attributes & (CONTROL | USER_DEFINED | UNKNOWN)) !== 0) return encoder.encode(text);
    if (type === BPE) return byteLevelBytes(text, table);
    if (type === SPM || type === UGM || type === PLAMO2) {
      const byte =
        (attributes & BYTE) !== 0 ? /^<0x([0-9A-Fa-f]{2})>$/u.exec(text)?.[1] : undefined;
      if (byte !== undefined) return Uint8Array.of(Number.parseInt(byte, 16));
      return encoder.encode(text.replaceAll("\u2581", " "));
    }
    return encoder.encode(vocabulary.detokenize(Uint32Array.of(token), true));
  };
  return (token) => {
    let bytes = known.get(token);
    if (bytes === undefined) {
      bytes = read(token);
      known.set(token, bytes);
    }
    return bytes;
  };
}
