import type { TensorType } from "../ggml/tensor-types.ts";

/**
 * Where a block keeps its 16-bit scales, bytes from its start
 * (llama.cpp v0.5.0 ggml/src/ggml-common.h, the block structs).
 */
const SCALE_PLACES: Readonly<Record<string, readonly number[]>> = {
  Q4_0: [0],
  Q4_1: [0, 2],
  Q5_0: [0],
  Q5_1: [0, 2],
  Q8_0: [0],
  Q2_K: [80, 82],
  Q3_K: [108],
  Q4_K: [0, 2],
  Q5_K: [0, 2],
  Q6_K: [208],
  IQ1_S: [0],
  IQ2_XXS: [0],
  IQ2_XS: [0],
  IQ2_S: [0],
  IQ3_XXS: [0],
  IQ3_S: [0],
  IQ4_NL: [0],
  IQ4_XS: [0],
  TQ1_0: [52],
  TQ2_0: [64],
  Q1_0: [0],
  Q2_0: [0],
};

/** 2^-10 as a half: scales that keep activations finite whatever the other bits are. */
const HALF_SCALE = 0x1400;

/** Whether {@link randomBlocks} can fill this type. */
export function canFill(type: TensorType): boolean {
  return type.blockElements === 1 ? type.name in FLOATS : type.name in SCALE_PLACES;
}

const FLOATS: Readonly<Record<string, "F32" | "F16" | "BF16">> = {
  F32: "F32",
  F16: "F16",
  BF16: "BF16",
};

/** `count` blocks of random bits with small scales: valid weights without a meaning, the same for a seed. */
export function randomBlocks(type: TensorType, count: number, seed: number): Uint8Array {
  const next = randomWords(seed);
  const bytes = new Uint8Array(count * type.blockBytes);
  const view = new DataView(bytes.buffer);
  const float = FLOATS[type.name];
  if (float !== undefined) {
    fillFloats(view, count, float, next);
    return bytes;
  }
  for (let at = 0; at + 4 <= bytes.length; at += 4) view.setUint32(at, next(), true);
  for (let block = 0; block < count; block++) {
    for (const place of SCALE_PLACES[type.name] ?? []) {
      view.setUint16(block * type.blockBytes + place, HALF_SCALE, true);
    }
  }
  return bytes;
}

/** Even values between -1/16 and 1/16. */
function fillFloats(
  view: DataView,
  count: number,
  type: "F32" | "F16" | "BF16",
  next: () => number,
): void {
  for (let index = 0; index < count; index++) {
    const word = next();
    if (type === "F32") {
      view.setFloat32(index * 4, (word / 2 ** 32 - 0.5) / 8, true);
    } else {
      // A sign, exponents of 2^-7 to 2^-4, any fraction.
      const half = 0x2000 + (word % 0x1000);
      const brain = 0x3c00 + (word % 0x0180);
      const sign = word >= 2 ** 31 ? 0x8000 : 0;
      view.setUint16(index * 2, sign + (type === "F16" ? half : brain), true);
    }
  }
}

/** Marsaglia's xorshift32: 32-bit words, never the same twice within 2^32. */
function randomWords(seed: number): () => number {
  let state = seed >>> 0 === 0 ? 0x9e3779b9 : seed >>> 0;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
}
