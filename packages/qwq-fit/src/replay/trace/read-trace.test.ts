import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readTraceFrom, type Trace } from "./read-trace.ts";
import { LONGEST_LINE_BYTES } from "./split-lines.ts";

async function* bytes(...parts: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  for (const part of parts) yield typeof part === "string" ? Buffer.from(part) : part;
}
const read = (text: string): Promise<Trace> => readTraceFrom(bytes(text), "test");
const line = (arrivalMs: unknown, more: object = {}): string =>
  JSON.stringify({ arrivalMs, promptTokens: 10, reasoningTokens: 2, answerTokens: 3, ...more });
const kinds = ({ faults }: Trace): unknown => faults.first.map((one) => [one.line, one.kind]);

describe("hostile traces", () => {
  test("each bad line is told by its number, the good ones are replayed", async () => {
    const trace = await read(
      [
        line(0),
        line(-5),
        "{broken",
        line(10, { promptTokens: -1 }),
        line(20, { promptTokens: 1e300 }),
        line(30, { answerTokens: "many" }),
        "[1,2]",
        "null",
        '{"arrivalMs":1,"promptTokens":1,"promptTokens":2,"answerTokens":1}',
        '{"arrivalMs":1,"answerTokens":1}',
        line("no time"),
        line(40, { promptTokens: 0, reasoningTokens: 0, answerTokens: 0 }),
        '{"something":"else"}',
        line(9e15),
        line(50),
        "",
      ].join("\n"),
    );
    expect(trace.store.length).toBe(2);
    expect(kinds(trace)).toEqual([
      [2, "negative"],
      [3, "broken_json"],
      [4, "negative"],
      [5, "too_large"],
      [6, "not_a_number"],
      [7, "not_an_object"],
      [8, "not_an_object"],
      [9, "duplicate_key"],
      [10, "missing_field"],
      [11, "bad_time"],
      [12, "no_tokens"],
      [13, "unknown_format"],
      [14, "too_large"],
    ]);
    expect(trace.faults.total).toBe(13);
  });

  test("a byte order mark, CRLF and a last line without an end are no faults", async () => {
    const trace = await read(`\uFEFF${line(0)}\r\n${line(1)}\r\n\r\n${line(2)}`);
    expect(trace.store.length).toBe(3);
    expect(trace.faults.total).toBe(0);
  });

  test("what stands out of order is sorted, and told", async () => {
    const trace = await read([line(500), line(100, { promptTokens: 7 }), line(300)].join("\n"));
    expect([...trace.store.requests()].map(({ arrivalMs }) => arrivalMs)).toEqual([0, 200, 400]);
    expect(trace.store.promptTokens(0)).toBe(7);
    expect([trace.unordered, trace.notes[0]]).toEqual([
      1,
      "1 requests stood out of order and were sorted by arrival",
    ]);
  });

  test("a time centuries away is told and not replayed", async () => {
    const trace = await read([line(1e12), line(1e12 + 5), line(1e12 + 9), line(7e15)].join("\n"));
    expect(trace.store.length).toBe(3);
    expect(kinds(trace)).toEqual([[4, "too_far_away"]]);
  });

  test("a line of 100 MB is told by its size and not held", async () => {
    const piece = Buffer.alloc(1 << 20, "x");
    async function* long(): AsyncGenerator<Uint8Array> {
      await Promise.resolve();
      yield Buffer.from(`${line(0)}\n{"a":"`);
      for (let i = 0; i < 100; i++) yield piece;
      yield Buffer.from(`"}\n${line(1)}\n`);
    }
    const trace = await readTraceFrom(long(), "test");
    expect(trace.store.length).toBe(2);
    expect(kinds(trace)).toEqual([[2, "line_too_long"]]);
    expect(trace.faults.first[0]?.message).toContain(String(100 * (1 << 20) + 8));
    expect(LONGEST_LINE_BYTES).toBeLessThan(10e6);
  });

  test("thousands of faults are counted, the first thousand kept", async () => {
    const trace = await read(`${line(0)}\n${"x\n".repeat(5000)}`);
    expect(trace.faults.total).toBe(5000);
    expect(trace.faults.byKind).toEqual({ broken_json: 5000 });
    expect(trace.faults.first).toHaveLength(1000);
  });

  test("any bytes, cut anywhere: every line is a request or a fault", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            fc.constant(line(5)),
            fc.json(),
            fc.string().map((text) => `x${text.replaceAll(/[\r\n]/gu, "")}`),
          ),
          { maxLength: 20 },
        ),
        fc.integer({ min: 1, max: 40 }),
        async (lines, size) => {
          // A first line that opens a document is read as one; that is another format.
          const buffer = Buffer.from([line(1), ...lines].join("\n"));
          const parts = Array.from({ length: Math.ceil(buffer.length / size) }, (_, i) =>
            buffer.subarray(i * size, (i + 1) * size),
          );
          const trace = await readTraceFrom(bytes(...parts), "test");
          const full = [line(1), ...lines].filter((text) => text.trim() !== "");
          expect(trace.store.length + trace.faults.total).toBe(full.length);
        },
      ),
      { numRuns: 200, seed: 3 },
    );
  });
});

test("prefixes: a conversation that goes on repeats its last prompt and answer", async () => {
  const trace = await read(
    [line(0, { prefixKey: "a" }), line(1, { prefixKey: "a", promptTokens: 40 }), line(2)].join(
      "\n",
    ),
  );
  expect([...trace.store.requests()]).toMatchObject([
    { prefixTokens: 0 },
    { prefixTokens: 13, outputTokens: 5 },
    { promptTokens: 10 },
  ]);
});

test("the published schema takes what is replayed and refuses what is told as a fault", async () => {
  const file = join(
    import.meta.dirname,
    "../../../../../profiles/schemas/replay-request.schema.json",
  );
  const accepts = new Ajv2020().compile(JSON.parse(readFileSync(file, "utf8")) as object);
  const rows = [
    line(0),
    line("2026-11-23T10:00:00Z"),
    line(0, { prefixKey: "k", prefixTokens: 4 }),
    line(-1),
    line(0, { promptTokens: -1 }),
    line(0, { answerTokens: "x" }),
    line(0, { reasoningTokens: 1e9 }),
    '{"arrivalMs":1,"answerTokens":1}',
  ];
  for (const row of rows) {
    // oxlint-disable-next-line no-await-in-loop
    const trace = await read(row);
    expect([row, accepts(JSON.parse(row))]).toEqual([row, trace.store.length === 1]);
  }
});
