import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseSseFrame } from "../sse/decode.ts";
import { createSseScanner, type SseFrame } from "../sse/scan.ts";
import { cutAt } from "../sse/test-cuts.ts";
import { createRunScanner } from "./run-scan.ts";
import { createStreamWatch } from "./watch.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (frame: { readonly bytes: Uint8Array }): string =>
  new TextDecoder("utf-8", { ignoreBOM: true }).decode(frame.bytes);

/** Frames, and how many plain events are in each; null where it must be looked at. */
function runsOf(
  chunks: readonly Uint8Array[],
  runs: boolean,
): (SseFrame & { plain: number | null })[] {
  const scanner = createRunScanner();
  const found: (SseFrame & { plain: number | null })[] = [];
  for (const chunk of chunks) {
    scanner.push(chunk);
    for (let frame = scanner.next(runs); frame !== null; frame = scanner.next(runs)) {
      found.push({ ...frame, plain: scanner.plainEvents });
    }
  }
  const rest = scanner.end();
  return rest === null ? found : [...found, { ...rest, plain: null }];
}

function framesOf(whole: Uint8Array): SseFrame[] {
  const scanner = createSseScanner();
  const frames = scanner.push(whole);
  const rest = scanner.end();
  return rest === null ? frames : [...frames, rest];
}

const chunk = (delta: unknown, finish: string | null = null, more: object = {}): string =>
  `data: ${JSON.stringify({ id: "x", choices: [{ index: 0, delta, finish_reason: finish }], ...more })}`;

const line = fc.oneof(
  fc.string({ unit: "grapheme" }).map((content) => chunk({ content })),
  fc.constantFrom(
    chunk({}, "stop"),
    chunk({}, null, { usage: { prompt_tokens: 1 } }),
    chunk({ content: 'a quoted "finish_reason":"stop" and \\"usage\\":{' }),
    "data: [DONE]",
    'data: {"error":{"message":"x"}}',
    'data: {"choices":[{"index":0,"delta":{"content":"br',
    'data: {"a":"\\',
    "data: <html>",
    "data:",
    "data: {}}",
    'data: "text"',
    'data: {"a":1} {"b":2}',
    "event: error",
    ": comment",
    "retry: 5",
    "\uFEFFdata: {}",
    "",
  ),
);
/** Now and then a line ends otherwise than the others. */
const oddEnd = fc.option(fc.constantFrom("\n", "\r\n", "\r"), { freq: 8 });
const stream = fc
  .tuple(
    fc.array(fc.tuple(line, fc.integer({ min: 1, max: 3 }), oddEnd), { maxLength: 8 }),
    fc.constantFrom("\n", "\n", "\r\n", "\r"),
    line,
  )
  .map(([lines, end, last]) =>
    bytes(lines.map(([text, ends, odd]) => text + (odd ?? end).repeat(ends)).join("") + last),
  );

test("one by one they are the frames of the plain scanner, however the stream was cut", () => {
  fc.assert(
    fc.property(stream, fc.array(fc.nat(), { maxLength: 20 }), (whole, places) => {
      const wanted = framesOf(whole).map((frame) => [textOf(frame), frame.complete, frame.first]);
      const got = runsOf(cutAt(whole, places), false).map((frame) => [
        textOf(frame),
        frame.complete,
        frame.first,
      ]);
      expect(got).toEqual(wanted);
    }),
    { numRuns: 1000 },
  );
});

test("what is passed as plain parses and tells of no end; joined it is all that came", () => {
  fc.assert(
    fc.property(stream, fc.array(fc.nat(), { maxLength: 20 }), (whole, places) => {
      const runs = runsOf(cutAt(whole, places), true);
      expect(runs.map(textOf).join("")).toBe(textOf({ bytes: whole }));
      for (const run of runs) {
        if (run.plain === null) continue;
        const frames = framesOf(run.bytes);
        const watch = createStreamWatch();
        let events = 0;
        for (const frame of frames) {
          expect(frame.complete).toBe(true);
          expect(watch.push(frame)).toBe(false);
          const { data } = parseSseFrame(frame);
          if (data === null) continue;
          events++;
          expect(() => JSON.parse(data)).not.toThrow();
        }
        expect(run.plain).toBe(events);
      }
    }),
    { numRuns: 1000 },
  );
});

describe("what is plain", () => {
  test.each([
    ["a token", chunk({ content: "hi" }), 1],
    ["a quoted key", chunk({ content: '"finish_reason":"stop"' }), 1],
    ["usage that is null", chunk({ content: "a" }, null, { usage: null }), 1],
    ["a comment", ": ping", 0],
    ["a finish reason", chunk({}, "stop"), null],
    ["usage", 'data: {"choices":[],"usage": {"prompt_tokens":1}}', null],
    ["an error", 'data: {"error": null}', null],
    ["[DONE]", "data: [DONE]", null],
    ["a cut object", 'data: {"choices":[{"delta":{"content":"a', null],
    ["two lines of data", `${chunk({ content: "a" })}\ndata: {}`, null],
    ["an event's name", `event: x\n${chunk({ content: "a" })}`, null],
  ])("%s: %#", (_, text, plain) => {
    expect(runsOf([bytes(`${text}\n\n`)], false)).toMatchObject([{ plain }]);
  });

  test("a long stream of tokens is one run a chunk", () => {
    const whole = bytes(`${chunk({ content: "hi" })}\n\n`.repeat(1000));
    const runs = runsOf([whole.subarray(0, 40_000), whole.subarray(40_000)], true);
    expect(runs).toHaveLength(2);
    expect(runs.map((run) => run.plain ?? 0).reduce((a, b) => a + b)).toBe(1000);
  });
});

test("a large event in small chunks is neither read again and again nor let pass the limit", () => {
  const scanner = createRunScanner();
  const piece = bytes("x".repeat(16 * 1024));
  scanner.push(bytes('data: {"a":"'));
  expect(() => {
    for (let i = 0; i < 600; i++) {
      scanner.push(piece);
      scanner.next(true);
    }
  }).toThrow(/passes 8388608 bytes/);
});
