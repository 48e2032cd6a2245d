import type { TensorInfo } from "@qwq-fit/schema";
import { QwqError } from "@qwq-fit/schema";

import type { ByteSource } from "../gguf/byte-source.ts";
import { fieldsOf, listField, textField } from "./json-value.ts";

/** The format's own limit (huggingface/safetensors, tensor.rs, MAX_HEADER_SIZE). */
const HEADER_BYTES = 100_000_000;

/** Bytes of an element; types of less than a byte are not checked. */
const ELEMENT_BYTES: Readonly<Record<string, number>> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  F8_E8M0: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  I64: 8,
  U64: 8,
  F64: 8,
};

/**
 * The tensors of a safetensors file, by its header: eight bytes of length, then JSON. Shapes come in
 * GGUF's order, the row length first.
 *
 * @throws QwqError `unsupported_model` for what is no such header.
 */
export async function readSafetensorsHeader(source: ByteSource): Promise<TensorInfo[]> {
  const head = await readExactly(source, 0, 8);
  const length = new DataView(head.buffer, head.byteOffset).getBigUint64(0, true);
  if (length > BigInt(HEADER_BYTES) || length < 2n) {
    throw invalid(source, `says that its header has ${length} bytes`);
  }
  const bytes = await readExactly(source, 8, Number(length));
  const entries = Object.entries(fieldsOf(parse(source, bytes)));
  const dataBytes = source.size === null ? null : source.size - 8 - Number(length);
  return entries
    .filter(([name]) => name !== "__metadata__")
    .map(([name, value]) => tensorOf(source, name, value, dataBytes));
}

function tensorOf(
  source: ByteSource,
  name: string,
  value: unknown,
  dataBytes: number | null,
): TensorInfo {
  const type = textField(value, "dtype");
  const shape = listField(value, "shape").filter(isCount);
  const [start, end] = listField(value, "data_offsets").filter(isCount);
  const inFile = dataBytes === null || (end ?? 0) <= dataBytes;
  if (type === null || start === undefined || end === undefined || end < start || !inFile) {
    throw invalid(source, `places "${name}" nowhere`);
  }
  const elements = shape.reduce((product, side) => product * side, 1);
  const size = ELEMENT_BYTES[type];
  if (
    shape.length !== listField(value, "shape").length ||
    (size !== undefined && elements * size !== end - start)
  ) {
    throw invalid(source, `gives "${name}" ${end - start} bytes for ${shape.join("×")} of ${type}`);
  }
  return { name, shape: shape.toReversed(), type, bytes: end - start };
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function parse(source: ByteSource, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw invalid(source, "has a header that is no JSON");
  }
}

async function readExactly(
  source: ByteSource,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  if (source.size !== null && offset + length > source.size) {
    throw invalid(source, "is cut off within its header");
  }
  const bytes = new Uint8Array(length);
  let held = 0;
  while (held < length) {
    const piece = await source.read(offset + held, length - held);
    if (piece.length === 0) throw invalid(source, "is cut off within its header");
    bytes.set(piece.subarray(0, length - held), held);
    held += piece.length;
  }
  return bytes;
}

function invalid(source: ByteSource, what: string): QwqError {
  return new QwqError("unsupported_model", `${source.name} ${what}`, {
    hint: "It is no safetensors file, or a broken one.",
  });
}
