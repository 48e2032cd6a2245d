import { QwqError } from "@qwq-fit/schema";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createFrameDecoder, jsonOf, windowOf } from "./decoder.ts";
import {
  encodeFrame,
  encodeJsonFrame,
  encodePieces,
  encodeWindow,
  FRAME,
  type Frame,
  HEADER_BYTES,
  MOST_PAYLOAD_BYTES,
} from "./frame.ts";

const join = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
/** The bytes cut at places that are drawn; the same places again and again where there are few. */
function cutAt(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    parts.push(bytes.subarray(at, at + size));
    at += size;
  }
  return parts;
}

const stream = fc.integer({ min: 1, max: 2 ** 32 - 1 });
const frame = fc.oneof(
  fc.record({
    type: fc.constantFrom(FRAME.data, FRAME.requestBody),
    stream,
    payload: fc.uint8Array({ minLength: 1, maxLength: 3000 }),
  }),
  fc.record({
    type: fc.constantFrom(FRAME.request, FRAME.head, FRAME.error),
    stream,
    payload: fc.uint8Array({ maxLength: 300 }),
  }),
  fc.record({
    type: fc.constantFrom(FRAME.end, FRAME.requestEnd, FRAME.cancel),
    stream,
    payload: fc.constant(new Uint8Array(0)),
  }),
  fc.record({
    type: fc.constantFrom(FRAME.hello, FRAME.load),
    stream: fc.constant(0),
    payload: fc.uint8Array({ maxLength: 300 }),
  }),
);
const plain = ({ type, stream: id, payload }: Frame): unknown => [type, id, [...payload]];

describe("a decoder", () => {
  test("gives the frames that were encoded, however the bytes are cut", () => {
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 20 }),
        fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 1, maxLength: 8 }),
        (frames, sizes) => {
          const bytes = join(frames.map((one) => encodeFrame(one.type, one.stream, one.payload)));
          const decoder = createFrameDecoder();
          const got = cutAt(bytes, sizes).flatMap((part) => decoder.push(part));
          expect(got.map(plain)).toEqual(frames.map(plain));
          expect(decoder.held).toBe(0);
        },
      ),
    );
  });

  test("takes hostile bytes as frames or as a fault of the protocol, and holds no more than a frame", () => {
    const some = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.tuple(frame, fc.nat(7), fc.nat(255)).map(([one, place, byte]) => {
        const bytes = encodeFrame(one.type, one.stream, one.payload);
        bytes[place] = byte;
        return bytes;
      }),
    );
    fc.assert(
      fc.property(fc.array(some, { maxLength: 20 }), (parts) => {
        const decoder = createFrameDecoder();
        let fault: unknown = null;
        let longest = 0;
        for (const part of parts) {
          try {
            for (const one of decoder.push(part)) longest = Math.max(longest, one.payload.length);
          } catch (error) {
            fault = error;
            break;
          }
          expect(decoder.held).toBeLessThan(HEADER_BYTES + MOST_PAYLOAD_BYTES);
        }
        expect(longest).toBeLessThanOrEqual(MOST_PAYLOAD_BYTES);
        expect(fault === null || QwqError.is(fault, "protocol_error")).toBe(true);
      }),
    );
  });

  test.for([
    ["a length beyond the limit", [6, 0, 0, 0, 1, 1, 0, 1]],
    ["the longest length", [6, 0, 0, 0, 1, 255, 255, 255]],
    ["an unknown type", [13, 0, 0, 0, 1, 0, 0, 0]],
    ["type 0", [0, 0, 0, 0, 0, 0, 0, 0]],
    ["an empty piece", [6, 0, 0, 0, 1, 0, 0, 0]],
    ["data of no stream", [6, 0, 0, 0, 0, 0, 0, 1]],
    ["a report of a stream", [12, 0, 0, 0, 1, 0, 0, 1]],
    ["a window of three bytes", [10, 0, 0, 0, 1, 0, 0, 3]],
    ["an end with a payload", [7, 0, 0, 0, 1, 0, 0, 1]],
  ] as const)("refuses %s by its header alone", ([, bytes]) => {
    expect(() => createFrameDecoder().push(new Uint8Array(bytes))).toThrow(/the other side sent/);
  });
});

test("JSON frames hold objects in UTF-8, nothing else", () => {
  const read = (payload: Uint8Array): unknown =>
    jsonOf({ type: FRAME.head, stream: 1, payload: new Uint8Array(payload) });
  const [one] = createFrameDecoder().push(encodeJsonFrame(FRAME.head, 1, { text: "é🙂" }));
  expect(one === undefined ? null : jsonOf(one)).toEqual({ text: "é🙂" });
  for (const text of ["", "[]", "null", "1", '"x"', "{", "{}x"]) {
    expect(() => read(Buffer.from(text))).toThrow(/no JSON object/);
  }
  expect(() => read(Buffer.from([0x7b, 0xff, 0x7d]))).toThrow(/no JSON object/);
});

test("windows carry their bytes, and bodies are cut into pieces that are allowed", () => {
  const [one] = createFrameDecoder().push(encodeWindow(7, 4_000_000_000));
  expect(one === undefined ? null : windowOf(one)).toBe(4_000_000_000);
  const body = new Uint8Array(MOST_PAYLOAD_BYTES * 2 + 5).map((_, i) => i);
  const frames = createFrameDecoder().push(join(encodePieces(FRAME.data, 9, body)));
  expect(frames.map(({ payload }) => payload.length)).toEqual([
    MOST_PAYLOAD_BYTES,
    MOST_PAYLOAD_BYTES,
    5,
  ]);
  expect(join(frames.map(({ payload }) => payload))).toEqual(body);
  expect(() => encodeFrame(FRAME.data, 1, new Uint8Array(MOST_PAYLOAD_BYTES + 1))).toThrow(
    /a frame of/,
  );
});
