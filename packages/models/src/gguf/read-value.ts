import type { Cursor } from "./cursor.ts";
import type { GgufLimits, GgufScalar, GgufValue } from "./gguf-header.ts";

/** How one of GGUF's value types is read. Numbers as in llama.cpp v0.5.0 ggml/include/gguf.h, enum gguf_type. */
interface ScalarType {
  readonly name: string;
  readonly bytes: number;
  readonly take: (cursor: Cursor) => GgufScalar;
}

const STRING_TYPE = 8;
const ARRAY_TYPE = 9;

const SCALAR_TYPES: ReadonlyMap<number, ScalarType> = new Map([
  [0, { name: "uint8", bytes: 1, take: (cursor) => cursor.u8() }],
  [1, { name: "int8", bytes: 1, take: (cursor) => cursor.i8() }],
  [2, { name: "uint16", bytes: 2, take: (cursor) => cursor.u16() }],
  [3, { name: "int16", bytes: 2, take: (cursor) => cursor.i16() }],
  [4, { name: "uint32", bytes: 4, take: (cursor) => cursor.u32() }],
  [5, { name: "int32", bytes: 4, take: (cursor) => cursor.i32() }],
  [6, { name: "float32", bytes: 4, take: (cursor) => cursor.f32() }],
  [7, { name: "bool", bytes: 1, take: (cursor) => cursor.u8() !== 0 }],
  [10, { name: "uint64", bytes: 8, take: (cursor) => cursor.u64() }],
  [11, { name: "int64", bytes: 8, take: (cursor) => cursor.i64() }],
  [12, { name: "float64", bytes: 8, take: (cursor) => cursor.f64() }],
]);

/** A count or length: at most `limit`. @throws QwqError `invalid_gguf` for more. */
export async function readLength(cursor: Cursor, limit: number, what: string): Promise<number> {
  await cursor.ensure(8);
  return takeLength(cursor, limit, what);
}

function takeLength(cursor: Cursor, limit: number, what: string): number {
  const length = cursor.u64();
  if (typeof length === "bigint" || length > limit) {
    throw cursor.fault(`says that ${what} is ${length}, more than the ${limit} that are allowed`);
  }
  return length;
}

/** A string with its length before it. */
export async function readText(cursor: Cursor, limit: number, what: string): Promise<string> {
  const length = await readLength(cursor, limit, `the length of ${what}`);
  await cursor.ensure(length);
  return cursor.text(length);
}

/** A value of the metadata with its type before it. Arrays of arrays are refused, as the engine does. */
export async function readValue(
  cursor: Cursor,
  limits: GgufLimits,
  key: string,
): Promise<GgufValue> {
  await cursor.ensure(4);
  const type = cursor.u32();
  if (type === STRING_TYPE) return readText(cursor, limits.stringBytes, `the value of "${key}"`);
  if (type === ARRAY_TYPE) return readArray(cursor, limits, key);
  const scalar = SCALAR_TYPES.get(type);
  if (scalar === undefined) throw cursor.fault(`gives "${key}" the unknown value type ${type}`);
  await cursor.ensure(scalar.bytes);
  return scalar.take(cursor);
}

async function readArray(cursor: Cursor, limits: GgufLimits, key: string): Promise<GgufValue> {
  await cursor.ensure(4);
  const type = cursor.u32();
  if (type === ARRAY_TYPE) throw cursor.fault(`gives "${key}" an array of arrays`);
  const length = await readLength(cursor, limits.arrayElements, `the length of "${key}"`);
  const kept = length <= limits.keptArrayElements;
  if (type === STRING_TYPE) {
    const values = kept
      ? await readTexts(cursor, limits, key, length)
      : await skipTexts(cursor, limits, key, length);
    return { elementType: "string", length, values };
  }
  const scalar = SCALAR_TYPES.get(type);
  if (scalar === undefined) throw cursor.fault(`gives "${key}" an array of unknown type ${type}`);
  if (!kept) {
    cursor.skip(length * scalar.bytes);
    return { elementType: scalar.name, length, values: null };
  }
  await cursor.ensure(length * scalar.bytes);
  const values = Array.from({ length }, () => scalar.take(cursor));
  return { elementType: scalar.name, length, values };
}

async function readTexts(
  cursor: Cursor,
  limits: GgufLimits,
  key: string,
  length: number,
): Promise<string[]> {
  const values: string[] = [];
  let keptBytes = 0;
  for (let index = 0; index < length; index++) {
    const value = await readText(cursor, limits.stringBytes, `an element of "${key}"`);
    keptBytes += value.length;
    if (keptBytes > limits.stringBytes) {
      throw cursor.fault(`gives "${key}" more than ${limits.stringBytes} bytes of text`);
    }
    values.push(value);
  }
  return values;
}

/** A tokenizer has some hundred thousand strings: only waits where the window ends. */
async function skipTexts(
  cursor: Cursor,
  limits: GgufLimits,
  key: string,
  length: number,
): Promise<null> {
  const what = `the length of an element of "${key}"`;
  for (let index = 0; index < length; index++) {
    if (!cursor.has(8)) await cursor.ensure(8);
    cursor.skip(takeLength(cursor, limits.stringBytes, what));
  }
  return null;
}
