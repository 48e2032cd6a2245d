import { QwqError } from "@qwq-fit/schema";

/** Elements and bytes of a block (llama.cpp v0.5.0 ggml/src/ggml-common.h, the block structs). */
const BLOCKS: Readonly<Record<string, readonly [elements: number, bytes: number]>> = {
  F32: [1, 4],
  F16: [1, 2],
  BF16: [1, 2],
  I32: [1, 4],
  I64: [1, 8],
  Q4_0: [32, 18],
  Q4_1: [32, 20],
  Q5_0: [32, 22],
  Q5_1: [32, 24],
  Q8_0: [32, 34],
  IQ4_NL: [32, 18],
  MXFP4: [32, 17],
  Q2_K: [256, 84],
  Q3_K: [256, 110],
  Q4_K: [256, 144],
  Q5_K: [256, 176],
  Q6_K: [256, 210],
  IQ4_XS: [256, 136],
};

/** Elements that share one block of the type; 1 for a type that this file does not know. */
export function blockElements(type: string): number {
  return BLOCKS[type]?.[0] ?? 1;
}

/** Bytes of one block of the type. @throws QwqError `invalid_value` for a type that no cache or activation has. */
export function blockBytes(type: string): number {
  const row = BLOCKS[type];
  if (row === undefined) throw new QwqError("invalid_value", `unknown tensor type "${type}"`);
  return row[1];
}

/** Bytes of `elements` values in a row (ggml.c, ggml_row_size). */
export function rowBytes(type: string, elements: number): number {
  return (blockBytes(type) * elements) / blockElements(type);
}

/** Whether values are packed in blocks (ggml.c, ggml_is_quantized). */
export function isQuantized(type: string): boolean {
  return blockElements(type) > 1;
}

/** `value` rounded up to a multiple of `step` (ggml.h, GGML_PAD). */
export function padTo(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}
