import type { TensorInfo } from "@qwq-fit/schema";

/** A number beyond 2^53 comes as a bigint; all others as number. */
export type GgufScalar = number | bigint | boolean | string;

/** An array of the metadata. Long ones (a tokenizer's) are counted and skipped, not kept. */
export interface GgufArray {
  readonly elementType: string;
  readonly length: number;
  /** Null where the array was longer than `keptArrayElements`. */
  readonly values: readonly GgufScalar[] | null;
}

export type GgufValue = GgufScalar | GgufArray;

/** A tensor with its place in the data section. */
export interface GgufTensor extends TensorInfo {
  /** From the start of the data section, bytes. */
  readonly offset: number;
}

/** All of a GGUF file but its weights. */
export interface GgufHeader {
  readonly version: number;
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: readonly GgufTensor[];
  /** Where the data section starts, bytes from the start of the file. */
  readonly dataOffset: number;
  /** Size of the file; where the source did not tell, the end of the last tensor. */
  readonly fileBytes: number;
}

/** Bounds of what a header may ask of the reader. Beyond one the file is refused. */
export interface GgufLimits {
  /** Bytes of metadata and tensor list together. The largest tokenizers take about 16 MiB. */
  readonly headerBytes: number;
  readonly metadataEntries: number;
  readonly keyBytes: number;
  /** A chat template is some ten KiB long. */
  readonly stringBytes: number;
  readonly arrayElements: number;
  /** Arrays up to this length are kept; per-layer arrays have some hundred elements. */
  readonly keptArrayElements: number;
  /** The largest models have some thousand. */
  readonly tensors: number;
}

/** Limits that hold every published file with room to spare, and memory to some tens of MiB. */
export const DEFAULT_GGUF_LIMITS: GgufLimits = {
  headerBytes: 256 * 1024 * 1024,
  metadataEntries: 16_384,
  // The GGUF specification: a key is at most 2^16-1 bytes (ggml/docs/gguf.md).
  keyBytes: 65_535,
  stringBytes: 4 * 1024 * 1024,
  arrayElements: 16 * 1024 * 1024,
  keptArrayElements: 4096,
  tensors: 65_536,
};
