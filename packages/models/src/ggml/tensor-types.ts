import { QwqError } from "@qwq-fit/schema";

/** How ggml stores a type: `blockElements` values in `blockBytes` bytes. */
export interface TensorType {
  readonly name: string;
  /** Number of the type in a GGUF file (llama.cpp v0.5.0 ggml/include/ggml.h, enum ggml_type). */
  readonly id: number;
  readonly blockElements: number;
  readonly blockBytes: number;
}

/** Rows: name, id, elements a block, bytes a block (llama.cpp v0.5.0 ggml/src/ggml-common.h, the block structs). */
const ROWS: readonly (readonly [string, number, number, number])[] = [
  ["F32", 0, 1, 4],
  ["F16", 1, 1, 2],
  ["Q4_0", 2, 32, 18],
  ["Q4_1", 3, 32, 20],
  ["Q5_0", 6, 32, 22],
  ["Q5_1", 7, 32, 24],
  ["Q8_0", 8, 32, 34],
  ["Q8_1", 9, 32, 36],
  ["Q2_K", 10, 256, 84],
  ["Q3_K", 11, 256, 110],
  ["Q4_K", 12, 256, 144],
  ["Q5_K", 13, 256, 176],
  ["Q6_K", 14, 256, 210],
  ["Q8_K", 15, 256, 292],
  ["IQ2_XXS", 16, 256, 66],
  ["IQ2_XS", 17, 256, 74],
  ["IQ3_XXS", 18, 256, 98],
  ["IQ1_S", 19, 256, 50],
  ["IQ4_NL", 20, 32, 18],
  ["IQ3_S", 21, 256, 110],
  ["IQ2_S", 22, 256, 82],
  ["IQ4_XS", 23, 256, 136],
  ["I8", 24, 1, 1],
  ["I16", 25, 1, 2],
  ["I32", 26, 1, 4],
  ["I64", 27, 1, 8],
  ["F64", 28, 1, 8],
  ["IQ1_M", 29, 256, 56],
  ["BF16", 30, 1, 2],
  ["TQ1_0", 34, 256, 54],
  ["TQ2_0", 35, 256, 66],
  ["MXFP4", 39, 32, 17],
  ["NVFP4", 40, 64, 36],
  ["Q1_0", 41, 128, 18],
  ["Q2_0", 42, 64, 18],
];

const TYPES: readonly TensorType[] = ROWS.map(([name, id, blockElements, blockBytes]) => ({
  name,
  id,
  blockElements,
  blockBytes,
}));
const BY_NAME: ReadonlyMap<string, TensorType> = new Map(TYPES.map((type) => [type.name, type]));
const BY_ID: ReadonlyMap<number, TensorType> = new Map(TYPES.map((type) => [type.id, type]));

/** The type with this name ("Q4_K"). @throws QwqError `invalid_value` for a name that ggml does not have. */
export function tensorType(name: string): TensorType {
  const type = BY_NAME.get(name);
  if (type === undefined) {
    throw new QwqError("invalid_value", `ggml has no tensor type "${name}"`, {
      hint: "Names are ggml's in upper case, such as F16, Q4_K or IQ4_XS.",
    });
  }
  return type;
}

/** The type with this number in a GGUF file, or undefined for one that is unknown or was removed. */
export function tensorTypeById(id: number): TensorType | undefined {
  return BY_ID.get(id);
}

/**
 * Bytes of a tensor: elements over `blockElements` times `blockBytes`
 * (ggml.c, ggml_row_size; the row length divides evenly).
 */
export function tensorBytes(shape: readonly number[], type: TensorType): number {
  const elements = shape.reduce((product, length) => product * length, 1);
  return (elements / type.blockElements) * type.blockBytes;
}
