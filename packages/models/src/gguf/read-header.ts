import { tensorBytes, tensorTypeById } from "../ggml/tensor-types.ts";
import type { ByteSource } from "./byte-source.ts";
import { Cursor } from "./cursor.ts";
import type { GgufHeader, GgufLimits, GgufTensor, GgufValue } from "./gguf-header.ts";
import { DEFAULT_GGUF_LIMITS } from "./gguf-header.ts";
import { readLength, readText, readValue } from "./read-value.ts";

/** "GGUF", read as a little-endian number. */
const MAGIC = 0x46554747;
/** llama.cpp v0.5.0 ggml/include/ggml.h: GGML_MAX_NAME with the closing zero, GGML_MAX_DIMS. */
const TENSOR_NAME_BYTES = 63;
const DIMENSIONS = 4;
/** ggml/include/gguf.h, GGUF_DEFAULT_ALIGNMENT. */
const DEFAULT_ALIGNMENT = 32;

/**
 * Metadata and tensor list of a GGUF file of version 2 or 3 (little endian), read in a few ranges.
 *
 * What the engine refuses is refused here, by the same checks (llama.cpp v0.5.0 ggml/src/gguf.cpp,
 * gguf_init_from_reader); beyond them nothing larger than `limits` is read or kept.
 *
 * @throws QwqError `invalid_gguf` for anything that is not such a header, with the offset in `details`.
 */
export async function readGgufHeader(
  source: ByteSource,
  limits: GgufLimits = DEFAULT_GGUF_LIMITS,
): Promise<GgufHeader> {
  const cursor = new Cursor(source, limits.headerBytes);
  const version = await readVersion(cursor);
  const tensorCount = await readLength(cursor, limits.tensors, "the number of tensors");
  const entryCount = await readLength(cursor, limits.metadataEntries, "the number of entries");
  const metadata = await readMetadata(cursor, limits, entryCount);
  const alignment = alignmentOf(cursor, metadata);
  const tensors = await readTensors(cursor, tensorCount);
  const dataOffset = align(cursor.offset, alignment);
  const dataBytes = checkPlaces(cursor, tensors, alignment);
  const endOfTensors = dataOffset + dataBytes;
  if (source.size !== null && endOfTensors > source.size) {
    throw cursor.fault(
      `is cut off: its tensors end at ${endOfTensors}, the file at ${source.size} bytes`,
    );
  }
  return { version, metadata, tensors, dataOffset, fileBytes: source.size ?? endOfTensors };
}

async function readVersion(cursor: Cursor): Promise<number> {
  await cursor.ensure(8);
  const magic = cursor.u32();
  if (magic !== MAGIC) throw cursor.fault("does not begin with GGUF");
  const version = cursor.u32();
  if (version % 0x1_0000 === 0 && version !== 0) throw cursor.fault("is a big-endian GGUF file");
  if (version === 1) throw cursor.fault("is of GGUF version 1, which engines no longer read");
  if (version !== 2 && version !== 3) {
    throw cursor.fault(`is of GGUF version ${version}; only 2 and 3 are known`);
  }
  return version;
}

async function readMetadata(
  cursor: Cursor,
  limits: GgufLimits,
  count: number,
): Promise<Map<string, GgufValue>> {
  const metadata = new Map<string, GgufValue>();
  for (let index = 0; index < count; index++) {
    const key = await readText(cursor, limits.keyBytes, `key ${index}`);
    if (key === "") throw cursor.fault(`has an empty key at place ${index}`);
    if (metadata.has(key)) throw cursor.fault(`has the key "${key}" twice`);
    metadata.set(key, await readValue(cursor, limits, key));
  }
  return metadata;
}

function alignmentOf(cursor: Cursor, metadata: ReadonlyMap<string, GgufValue>): number {
  const alignment = metadata.get("general.alignment") ?? DEFAULT_ALIGNMENT;
  if (typeof alignment !== "number" || alignment < 1 || !Number.isInteger(Math.log2(alignment))) {
    throw cursor.fault(`has an alignment that is no power of two`);
  }
  return alignment;
}

async function readTensors(cursor: Cursor, count: number): Promise<GgufTensor[]> {
  const tensors: GgufTensor[] = [];
  const names = new Set<string>();
  for (let index = 0; index < count; index++) {
    const tensor = await readTensor(cursor, index);
    if (names.has(tensor.name)) throw cursor.fault(`has the tensor "${tensor.name}" twice`);
    names.add(tensor.name);
    tensors.push(tensor);
  }
  return tensors;
}

async function readTensor(cursor: Cursor, index: number): Promise<GgufTensor> {
  const name = await readText(cursor, TENSOR_NAME_BYTES, `the name of tensor ${index}`);
  await cursor.ensure(4);
  const dimensions = cursor.u32();
  if (dimensions > DIMENSIONS) {
    throw cursor.fault(`gives the tensor "${name}" ${dimensions} dimensions`);
  }
  await cursor.ensure(dimensions * 8 + 12);
  const shape = Array.from({ length: dimensions }, () => whole(cursor, `a side of "${name}"`));
  const typeId = cursor.u32();
  const type = tensorTypeById(typeId);
  if (type === undefined) throw cursor.fault(`gives "${name}" the unknown type ${typeId}`);
  if ((shape[0] ?? 1) % type.blockElements !== 0) {
    throw cursor.fault(`has rows of ${shape[0]} in "${name}", which ${type.name} cannot hold`);
  }
  const offset = whole(cursor, `the place of "${name}"`);
  const bytes = tensorBytes(shape, type);
  if (!Number.isSafeInteger(bytes)) throw cursor.fault(`gives "${name}" an impossible size`);
  return { name, shape, type: type.name, bytes, offset };
}

function whole(cursor: Cursor, what: string): number {
  const value = cursor.u64();
  if (typeof value === "bigint") throw cursor.fault(`says that ${what} is ${value}`);
  return value;
}

/** Tensors must stand one behind the other, as in gguf.cpp; returns the bytes of them all. */
function checkPlaces(cursor: Cursor, tensors: readonly GgufTensor[], alignment: number): number {
  let expected = 0;
  for (const tensor of tensors) {
    if (tensor.offset !== expected) {
      throw cursor.fault(
        `places "${tensor.name}" at ${tensor.offset}, where ${expected} must be its place`,
      );
    }
    expected = align(expected + tensor.bytes, alignment);
    if (!Number.isSafeInteger(expected)) throw cursor.fault("has tensors of an impossible size");
  }
  const last = tensors.at(-1);
  return last === undefined ? 0 : last.offset + last.bytes;
}

function align(offset: number, alignment: number): number {
  return Math.ceil(offset / alignment) * alignment;
}
