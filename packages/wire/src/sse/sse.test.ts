import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { createSseDecoder, readSseEvents } from "./decode.ts";
import type { SseEvent } from "./decode.ts";
import { encodeSse, encodeSseComment } from "./encode.ts";
import { createSseScanner } from "./scan.ts";
import { cutAt } from "./test-cuts.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function decode(chunks: readonly Uint8Array[]): SseEvent[] {
  const decoder = createSseDecoder();
  return [...chunks.flatMap((chunk) => decoder.push(chunk)), ...decoder.end()];
}

function scan(chunks: readonly Uint8Array[]): string[] {
  const scanner = createSseScanner();
  const frames = chunks.flatMap((chunk) => scanner.push(chunk));
  const rest = scanner.end();
  return [...frames, ...(rest === null ? [] : [rest])].map((frame) =>
    new TextDecoder().decode(frame.bytes),
  );
}

const datas = (text: string): (string | null)[] => decode([bytes(text)]).map((one) => one.data);

describe("decoding", () => {
  test.each([
    ["LF", "data: a\n\ndata: b\n\n"],
    ["CRLF", "data: a\r\n\r\ndata: b\r\n\r\n"],
    ["CR", "data: a\r\rdata: b\r\r"],
    ["mixed", "data: a\r\r\ndata: b\n\r\n"],
    ["comments between", ": ping\n\ndata: a\n\n: x\n: y\ndata: b\n\n"],
    ["no space after the colon", "data:a\n\ndata:b\n\n"],
    ["byte order mark", "\uFEFFdata: a\n\ndata: b\n\n"],
    ["blank lines before and between", "\n\n\r\ndata: a\n\n\n\ndata: b\n\n"],
    ["unknown fields", "foo: 1\ndata: a\n\nbar\ndata: b\n\n"],
    ["no last blank line", "data: a\n\ndata: b\n"],
    ["no last newline", "data: a\n\ndata: b"],
  ])("%s", (_name, text) => {
    expect(datas(text)).toEqual(["a", "b"]);
  });

  test("several data lines, an event name, an id, a retry", () => {
    const [event] = decode([bytes("event: error\nid: 7\nretry: 20\ndata: x\ndata\ndata: y\n\n")]);
    expect(event).toEqual({
      event: "error",
      data: "x\n\ny",
      id: "7",
      retryMs: 20,
      comments: [],
      complete: true,
    });
  });

  test("an event cut by the end says so", () => {
    expect(decode([bytes('data: {"a":')])).toMatchObject([{ data: '{"a":', complete: false }]);
    expect(decode([bytes("data: a\r\n\r")])).toMatchObject([{ data: "a", complete: true }]);
  });

  test("a byte order mark in a later frame is not dropped", () => {
    expect(datas("data: a\n\n\uFEFFdata: b\n\n")).toEqual(["a"]);
  });

  test("a CRLF event is out at its last byte, a CR event at its second CR", () => {
    const scanner = createSseScanner();
    expect(scanner.push(bytes("data: a\r\n\r\n"))).toHaveLength(1);
    expect(scanner.push(bytes("data: b\r\r"))).toHaveLength(1);
    expect(scanner.push(bytes("\ndata: c\n\n"))).toHaveLength(1);
  });

  test("an event past the limit is refused, in one chunk or in many", () => {
    const long = bytes(`data: ${"x".repeat(200)}\n\n`);
    expect(() => createSseScanner({ maxEventBytes: 100 }).push(long)).toThrow(/100 bytes/);
    const scanner = createSseScanner({ maxEventBytes: 100 });
    expect(() => {
      for (let index = 0; index < 200; index += 1) scanner.push(long.subarray(index, index + 1));
    }).toThrow(/100 bytes/);
    expect(scanner.pendingBytes).toBeLessThan(110);
  });
});

const line = fc.constantFrom(
  "data: a",
  "data: é漢🙂",
  "data",
  "data:",
  ": ping",
  "event: error",
  "id: 1",
  "x",
  "",
);
const ending = fc.constantFrom("\n", "\r\n", "\r");
const streams = fc
  .array(fc.tuple(line, ending), { maxLength: 30 })
  .map((lines) => bytes(lines.map(([text, end]) => text + end).join("")));

describe("however a stream is cut into chunks", () => {
  test("events are the same", () => {
    fc.assert(
      fc.property(streams, fc.array(fc.nat(), { maxLength: 12 }), (whole, cuts) => {
        expect(decode(cutAt(whole, cuts))).toEqual(decode([whole]));
        expect(decode(cutAt(whole, [...whole.keys()]))).toEqual(decode([whole]));
      }),
      { numRuns: 500 },
    );
  });

  test("frames are the same, and joined they are the stream", () => {
    fc.assert(
      fc.property(streams, fc.array(fc.nat(), { maxLength: 12 }), (whole, cuts) => {
        expect(scan(cutAt(whole, cuts))).toEqual(scan([whole]));
        expect(scan([whole]).join("")).toBe(new TextDecoder().decode(whole));
      }),
      { numRuns: 500 },
    );
  });
});

describe("encoding", () => {
  test("what is written is read back", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const normal = text.replaceAll(/\r\n|\r/g, "\n");
        expect(datas(encodeSse({ data: text, event: "e\nvil" }))).toEqual([normal]);
      }),
    );
  });

  test("a comment is no event, even with line breaks in it", () => {
    expect(datas(encodeSseComment("ping\ndata: no"))).toEqual([]);
  });
});

test("leaving the loop cancels the body", async () => {
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(bytes("data: a\n\n")),
    cancel: () => {
      cancelled = true;
    },
  });
  for await (const event of readSseEvents(body)) {
    expect(event.data).toBe("a");
    break;
  }
  expect(cancelled).toBe(true);
});
