import { QwqError } from "@qwq-fit/schema";

/** A file's mix of tensor types: what `llama-quantize` calls a quantization. */
export interface FileType {
  /** "Q4_K_M". */
  readonly name: string;
  /** `general.file_type` (llama.cpp v0.5.0 include/llama.h, enum llama_ftype). */
  readonly id: number;
  /** The type that most tensors get (src/llama-quant.cpp, llama_ftype_get_default_type). */
  readonly baseType: string;
}

const ROWS: readonly (readonly [string, number, string])[] = [
  ["F32", 0, "F32"],
  ["F16", 1, "F16"],
  ["Q4_0", 2, "Q4_0"],
  ["Q4_1", 3, "Q4_1"],
  ["Q8_0", 7, "Q8_0"],
  ["Q5_0", 8, "Q5_0"],
  ["Q5_1", 9, "Q5_1"],
  ["Q2_K", 10, "Q2_K"],
  ["Q3_K_S", 11, "Q3_K"],
  ["Q3_K_M", 12, "Q3_K"],
  ["Q3_K_L", 13, "Q3_K"],
  ["Q4_K_S", 14, "Q4_K"],
  ["Q4_K_M", 15, "Q4_K"],
  ["Q5_K_S", 16, "Q5_K"],
  ["Q5_K_M", 17, "Q5_K"],
  ["Q6_K", 18, "Q6_K"],
  ["IQ2_XXS", 19, "IQ2_XXS"],
  ["IQ2_XS", 20, "IQ2_XS"],
  ["Q2_K_S", 21, "Q2_K"],
  ["IQ3_XS", 22, "IQ3_S"],
  ["IQ3_XXS", 23, "IQ3_XXS"],
  ["IQ1_S", 24, "IQ1_S"],
  ["IQ4_NL", 25, "IQ4_NL"],
  ["IQ3_S", 26, "IQ3_S"],
  ["IQ3_M", 27, "IQ3_S"],
  ["IQ2_S", 28, "IQ2_XS"],
  ["IQ2_M", 29, "IQ2_S"],
  ["IQ4_XS", 30, "IQ4_XS"],
  ["IQ1_M", 31, "IQ1_M"],
  ["BF16", 32, "BF16"],
  ["TQ1_0", 36, "TQ1_0"],
  ["TQ2_0", 37, "TQ2_0"],
  ["MXFP4_MOE", 38, "MXFP4"],
  ["Q1_0", 40, "Q1_0"],
  ["Q2_0", 41, "Q2_0"],
];

const FILE_TYPES: readonly FileType[] = ROWS.map(([name, id, baseType]) => ({
  name,
  id,
  baseType,
}));
const BY_NAME: ReadonlyMap<string, FileType> = new Map(FILE_TYPES.map((row) => [row.name, row]));
const BY_ID: ReadonlyMap<number, FileType> = new Map(FILE_TYPES.map((row) => [row.id, row]));

/** Every quantization whose layout can be computed, in the order of `general.file_type`. */
export const QUANTIZATIONS: readonly string[] = FILE_TYPES.map((row) => row.name);

/** The mix with this name, in any case. @throws QwqError `invalid_value` where there is none. */
export function fileType(name: string): FileType {
  const found = BY_NAME.get(name.toUpperCase());
  if (found === undefined) {
    throw new QwqError("invalid_value", `unknown quantization "${name}"`, {
      hint: `Known are ${QUANTIZATIONS.join(", ")}.`,
    });
  }
  return found;
}

/** The mix with this number, or undefined. The "guessed" bit (1024) is cut off first. */
export function fileTypeById(id: number): FileType | undefined {
  return BY_ID.get(id % 1024);
}
