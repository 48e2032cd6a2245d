import { describe, expect, test } from "vitest";

import { RawGguf } from "../test-support/raw-gguf.ts";
import { encodeHeader } from "../write/gguf-encoder.ts";
import { bytesSource } from "./byte-source.ts";
import type { ByteSource } from "./byte-source.ts";
import { DEFAULT_GGUF_LIMITS } from "./gguf-header.ts";
import type { GgufHeader } from "./gguf-header.ts";
import { readGgufHeader } from "./read-header.ts";

const F32 = 0;
const UINT32 = 4;
const STRING = 8;
const ARRAY = 9;

function read(bytes: Uint8Array): Promise<GgufHeader> {
  return readGgufHeader(bytesSource("test.gguf", bytes));
}

/** One F32 tensor at this place. */
function tensor(name: string, sides: readonly bigint[], type: number, offset: bigint): RawGguf {
  const raw = RawGguf.start(1n, 0n).text(name).u32(sides.length);
  for (const side of sides) raw.u64(side);
  return raw.u32(type).u64(offset).zeros(4096);
}

describe("readGgufHeader", () => {
  test("reads what is written: values of each type, tensors with their places", async () => {
    const header = encodeHeader(
      [
        ["general.architecture", { type: "string", value: "qwen2" }],
        ["qwen2.block_count", { type: "uint32", value: 64 }],
        ["qwen2.rope.freq_base", { type: "float32", value: 1e6 }],
        ["tokenizer.ggml.add_bos_token", { type: "bool", value: false }],
        ["tokenizer.ggml.scores", { type: "int32s", value: [3, -1] }],
        ["tokenizer.ggml.tokens", { type: "strings", value: ["a", "é"] }],
      ],
      [
        { name: "a.weight", shape: [3], typeId: F32, bytes: 12 },
        { name: "b.weight", shape: [256, 2], typeId: 12, bytes: 288 },
      ],
    );
    const whole = new Uint8Array(header.fileBytes);
    whole.set(header.bytes);
    const { metadata, tensors, dataOffset, version, fileBytes } = await read(whole);
    expect(Object.fromEntries(metadata)).toEqual({
      "general.architecture": "qwen2",
      "qwen2.block_count": 64,
      "qwen2.rope.freq_base": 1e6,
      "tokenizer.ggml.add_bos_token": false,
      "tokenizer.ggml.scores": { elementType: "int32", length: 2, values: [3, -1] },
      "tokenizer.ggml.tokens": { elementType: "string", length: 2, values: ["a", "é"] },
    });
    expect(tensors).toEqual([
      { name: "a.weight", shape: [3], type: "F32", bytes: 12, offset: 0 },
      { name: "b.weight", shape: [256, 2], type: "Q4_K", bytes: 288, offset: 32 },
    ]);
    expect({ version, fileBytes, dataOffset }).toEqual({
      version: 3,
      fileBytes: header.fileBytes,
      dataOffset: header.bytes.length,
    });
  });

  test("reads a source in any pieces, a few of them for a large tokenizer, and keeps none of it", async () => {
    const tokens = Array.from({ length: 200_000 }, (_, index) => `token${index}`);
    const { bytes } = encodeHeader(
      [
        ["tokenizer.ggml.tokens", { type: "strings", value: tokens }],
        ["after", { type: "uint32", value: 7 }],
      ],
      [],
    );
    let reads = 0;
    const source: ByteSource = {
      name: "pieces",
      size: null,
      read: async (offset, length) => {
        reads += 1;
        return bytes.slice(offset, offset + length);
      },
    };
    const { metadata } = await readGgufHeader(source);
    expect(metadata.get("tokenizer.ggml.tokens")).toEqual({
      elementType: "string",
      length: 200_000,
      values: null,
    });
    expect(metadata.get("after")).toBe(7);
    expect(reads).toBeLessThan(5);
  });

  test("a source that gives a byte at a time still gives the whole header", async () => {
    const { bytes } = encodeHeader([["key", { type: "string", value: "value" }]], []);
    const source: ByteSource = {
      name: "trickle",
      size: null,
      read: async (offset) => bytes.slice(offset, offset + 1),
    };
    expect((await readGgufHeader(source)).metadata.get("key")).toBe("value");
  });

  const huge = 2n ** 60n;
  const hostile: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ["no magic", new RawGguf().plain("GGML").zeros(64).bytes, /does not begin with GGUF/],
    ["nothing", new Uint8Array(0), /cut off/],
    ["three bytes", new RawGguf().plain("GGU").bytes, /cut off/],
    ["version 1", RawGguf.start(0n, 0n, 1).bytes, /version 1/],
    ["version 4", RawGguf.start(0n, 0n, 4).bytes, /version 4/],
    ["big endian", RawGguf.start(0n, 0n, 0x03000000).bytes, /big-endian/],
    ["2^60 tensors", RawGguf.start(huge, 0n).bytes, /number of tensors/],
    ["2^60 entries", RawGguf.start(0n, huge).bytes, /number of entries/],
    ["2^63 entries", RawGguf.start(0n, 2n ** 63n).bytes, /number of entries/],
    ["more tensors than there are", RawGguf.start(3n, 0n).zeros(8).bytes, /cut off|dimensions/],
    ["a key of 2^60 bytes", RawGguf.start(0n, 1n).u64(huge).zeros(64).bytes, /length of key 0/],
    ["an empty key", RawGguf.start(0n, 1n).text("").zeros(64).bytes, /empty key/],
    [
      "a string of 2^60 bytes",
      RawGguf.start(0n, 1n).text("k").u32(STRING).u64(huge).bytes,
      /length of the value of "k"/,
    ],
    [
      "an array of 2^60 numbers",
      RawGguf.start(0n, 1n).text("k").u32(ARRAY).u32(UINT32).u64(huge).bytes,
      /length of "k"/,
    ],
    [
      "an array that passes the end",
      RawGguf.start(0n, 1n).text("k").u32(ARRAY).u32(UINT32).u64(1_000_000n).bytes,
      /cut off/,
    ],
    [
      "strings that pass the end",
      RawGguf.start(0n, 1n).text("k").u32(ARRAY).u32(STRING).u64(1_000_000n).zeros(99).bytes,
      /cut off/,
    ],
    [
      "an array of arrays",
      RawGguf.start(0n, 1n).text("k").u32(ARRAY).u32(ARRAY).u64(1n).zeros(64).bytes,
      /array of arrays/,
    ],
    ["an unknown value type", RawGguf.start(0n, 1n).text("k").u32(99).bytes, /value type 99/],
    [
      "a key twice",
      RawGguf.start(0n, 2n).text("k").u32(UINT32).u32(1).text("k").u32(UINT32).u32(1).bytes,
      /"k" twice/,
    ],
    [
      "an odd alignment",
      RawGguf.start(0n, 1n).text("general.alignment").u32(UINT32).u32(48).bytes,
      /power of two/,
    ],
    ["five dimensions", tensor("t", [1n, 1n, 1n, 1n, 1n], F32, 0n).bytes, /5 dimensions/],
    ["a side of 2^60", tensor("t", [huge], F32, 0n).bytes, /a side of "t"/],
    ["a product beyond 2^53", tensor("t", [2n ** 40n, 2n ** 40n], F32, 0n).bytes, /impossible/],
    ["a removed type", tensor("t", [32n], 31, 0n).bytes, /unknown type 31/],
    ["rows that do not divide", tensor("t", [33n], 12, 0n).bytes, /rows of 33/],
    ["a wrong place", tensor("t", [32n], F32, 64n).bytes, /its place/],
    ["a place of 2^60", tensor("t", [32n], F32, huge).bytes, /the place of "t"/],
    ["data that passes the end", tensor("t", [1_000_000n], F32, 0n).bytes, /cut off/],
    ["a name of 64 bytes", tensor("t".repeat(64), [1n], F32, 0n).bytes, /the name of tensor 0/],
  ];

  test.each(hostile)("refuses %s", async (_, bytes, message) => {
    const error: unknown = await read(bytes).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ name: "QwqError", code: "invalid_gguf" });
    expect(error).toHaveProperty("message", expect.stringMatching(message));
    expect(error).toHaveProperty("hint", expect.any(String));
  });

  test("a tensor name twice", async () => {
    const entry = (raw: RawGguf, offset: bigint): RawGguf =>
      raw.text("t").u32(1).u64(8n).u32(F32).u64(offset);
    const { bytes } = entry(entry(RawGguf.start(2n, 0n), 0n), 32n).zeros(4096);
    await expect(read(bytes)).rejects.toThrow(/"t" twice/);
  });

  test("an endless source is left at the limit", async () => {
    const limits = { ...DEFAULT_GGUF_LIMITS, headerBytes: 1_000_000 };
    const { bytes: head } = RawGguf.start(0n, 1n)
      .text("k")
      .u32(ARRAY)
      .u32(STRING)
      .u64(BigInt(limits.arrayElements));
    let readBytes = 0;
    const source: ByteSource = {
      name: "endless",
      size: null,
      read: async (offset, length) => {
        readBytes += length;
        return offset === 0 ? head : new Uint8Array(length);
      },
    };
    await expect(readGgufHeader(source, limits)).rejects.toMatchObject({ code: "invalid_gguf" });
    expect(readBytes).toBeLessThan(20e6);
  });
});
