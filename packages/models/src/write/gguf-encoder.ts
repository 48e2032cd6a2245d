import { QwqError } from "@qwq-fit/schema";

/** A value to be written with its type. */
export type MetadataValue =
  | { readonly type: "uint32" | "int32" | "float32"; readonly value: number }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "strings"; readonly value: readonly string[] }
  | { readonly type: "int32s"; readonly value: readonly number[] };

export type Metadata = readonly (readonly [string, MetadataValue])[];

/** A tensor of the file to be written. */
export interface TensorRecord {
  readonly name: string;
  readonly shape: readonly number[];
  readonly typeId: number;
  readonly bytes: number;
}

/** A header's bytes, up to where the data section starts, and the places of the tensors in it. */
export interface EncodedHeader {
  readonly bytes: Uint8Array;
  /** Of each tensor, from the start of the file. */
  readonly offsets: readonly number[];
  readonly fileBytes: number;
}

const ALIGNMENT = 32;
/** Numbers of the value types (llama.cpp v0.5.0 ggml/include/gguf.h, enum gguf_type). */
const TYPE_IDS = { uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, array: 9 } as const;

/** Encodes the header of a GGUF file of version 3, as llama.cpp v0.5.0 ggml/src/gguf.cpp writes it. */
export function encodeHeader(metadata: Metadata, tensors: readonly TensorRecord[]): EncodedHeader {
  const out = new ByteWriter();
  out.bytes(new TextEncoder().encode("GGUF"));
  out.u32(3);
  out.u64(tensors.length);
  out.u64(metadata.length);
  for (const [key, value] of metadata) {
    out.text(key);
    writeValue(out, value);
  }
  const places: number[] = [];
  let end = 0;
  for (const tensor of tensors) {
    places.push(end);
    out.text(tensor.name);
    out.u32(tensor.shape.length);
    for (const side of tensor.shape) out.u64(side);
    out.u32(tensor.typeId);
    out.u64(end);
    end = align(end + tensor.bytes);
  }
  const start = align(out.length);
  out.zeros(start - out.length);
  return {
    bytes: out.take(),
    offsets: places.map((place) => start + place),
    fileBytes: start + end,
  };
}

function writeValue(out: ByteWriter, value: MetadataValue): void {
  switch (value.type) {
    case "uint32":
      out.u32(TYPE_IDS.uint32);
      out.u32(value.value);
      break;
    case "int32":
      out.u32(TYPE_IDS.int32);
      out.i32(value.value);
      break;
    case "float32":
      out.u32(TYPE_IDS.float32);
      out.f32(value.value);
      break;
    case "bool":
      out.u32(TYPE_IDS.bool);
      out.bytes(Uint8Array.of(value.value ? 1 : 0));
      break;
    case "string":
      out.u32(TYPE_IDS.string);
      out.text(value.value);
      break;
    case "strings":
      writeArrayHead(out, TYPE_IDS.string, value.value.length);
      for (const text of value.value) out.text(text);
      break;
    case "int32s":
      writeArrayHead(out, TYPE_IDS.int32, value.value.length);
      for (const number of value.value) out.i32(number);
      break;
    default:
      throw new QwqError("internal", "a metadata value of unknown type");
  }
}

function writeArrayHead(out: ByteWriter, elementType: number, length: number): void {
  out.u32(TYPE_IDS.array);
  out.u32(elementType);
  out.u64(length);
}

function align(offset: number): number {
  return Math.ceil(offset / ALIGNMENT) * ALIGNMENT;
}

/** Little-endian bytes that grow by doubling. */
class ByteWriter {
  readonly #encoder = new TextEncoder();
  #buffer: Uint8Array<ArrayBuffer> = new Uint8Array(64 * 1024);
  #view: DataView = new DataView(this.#buffer.buffer);
  #length = 0;

  get length(): number {
    return this.#length;
  }
  take(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }
  bytes(bytes: Uint8Array): void {
    const at = this.#grow(bytes.length);
    this.#buffer.set(bytes, at);
  }
  zeros(count: number): void {
    this.#grow(count);
  }
  text(text: string): void {
    const bytes = this.#encoder.encode(text);
    this.u64(bytes.length);
    this.bytes(bytes);
  }
  u32(value: number): void {
    const at = this.#grow(4);
    this.#view.setUint32(at, value, true);
  }
  i32(value: number): void {
    const at = this.#grow(4);
    this.#view.setInt32(at, value, true);
  }
  f32(value: number): void {
    const at = this.#grow(4);
    this.#view.setFloat32(at, value, true);
  }
  u64(value: number): void {
    const at = this.#grow(8);
    this.#view.setBigUint64(at, BigInt(value), true);
  }

  #grow(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(this.#length, this.#buffer.length * 2));
      larger.set(this.#buffer);
      this.#buffer = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }
}
