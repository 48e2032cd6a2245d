import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { DONE_EVENT, encodeSseComment, encodeSseJson } from "../sse/encode.ts";
import { createSseScanner } from "../sse/scan.ts";
import { cutAt } from "../sse/test-cuts.ts";
import { createRunScanner } from "./run-scan.ts";
import { createStreamWatch } from "./watch.ts";
import type { StreamVerdict } from "./watch.ts";

function watch(text: string, cuts: readonly number[] = [], choices = 1): StreamVerdict {
  const scanner = createSseScanner();
  const runs = createRunScanner();
  const watcher = createStreamWatch({ choices });
  const passing = createStreamWatch({ choices });
  for (const chunk of cutAt(new TextEncoder().encode(text), cuts)) {
    for (const frame of scanner.push(chunk)) watcher.push(frame);
    runs.push(chunk);
    for (let run = runs.next(true); run !== null; run = runs.next(true)) {
      if (runs.plainEvents === null) passing.push(run);
      else passing.pass(runs.plainEvents);
    }
  }
  for (const [watching, rest] of [
    [watcher, scanner.end()],
    [passing, runs.end()],
  ] as const) {
    if (rest !== null) watching.push(rest);
  }
  // Passing what tells nothing must come to the same verdict as parsing everything.
  expect(passing.verdict()).toEqual(watcher.verdict());
  return watcher.verdict();
}

const piece = (content: string, finish: string | null = null, index = 0): string =>
  encodeSseJson({ id: "x", choices: [{ index, delta: { content }, finish_reason: finish }] });
const usage = encodeSseJson({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 2 } });

describe("a stream is whole", () => {
  test.each([
    ["plain", piece("a") + piece("", "stop") + usage + DONE_EVENT],
    ["with comments", encodeSseComment("ping") + piece("a", "stop") + DONE_EVENT],
    ["CRLF", (piece("a", "length") + DONE_EVENT).replaceAll("\n", "\r\n")],
    ["no last newline", piece("a", "stop") + "data: [DONE]"],
    ["spaces in its JSON", 'data: {"choices": [{"finish_reason" : "stop"}]}\n\n' + DONE_EVENT],
  ])("%s", (_name, text) => {
    expect(watch(text).whole).toBe(true);
  });

  test("with its usage and finish reason read", () => {
    const verdict = watch(piece("a") + piece("", "stop") + usage + DONE_EVENT);
    expect(verdict).toMatchObject({
      finishReasons: { 0: "stop" },
      usage: { prompt_tokens: 3 },
      events: 3,
    });
  });
});

describe("a stream is a failure", () => {
  test.each([
    ["empty", ""],
    ["only comments", encodeSseComment("ping")],
    ["no [DONE]", piece("a", "stop")],
    ["no finish reason", piece("a") + DONE_EVENT],
    ["cut in an event", piece("a", "stop") + DONE_EVENT.slice(0, 9)],
    ["cut in JSON", piece("a").slice(0, -9)],
    [
      "an error frame",
      piece("a", "stop") + encodeSseJson({ error: { message: "x" } }) + DONE_EVENT,
    ],
    ["an error event", "event: error\ndata: lost\n\n" + piece("a", "stop") + DONE_EVENT],
    [
      "an answer that quotes an end",
      piece('data: {"choices":[{"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'),
    ],
  ])("%s", (_name, text) => {
    expect(watch(text).whole).toBe(false);
  });

  test("one of two choices did not end", () => {
    const text = piece("a", "stop", 0) + piece("b", null, 1) + DONE_EVENT;
    expect(watch(text, [], 2).whole).toBe(false);
    expect(watch(piece("b", "stop", 1) + text, [], 2).whole).toBe(true);
  });
});

test("the verdict does not depend on how the stream was cut; no strict prefix of it is whole", () => {
  const text = piece("é🙂") + piece("b", "stop") + usage + DONE_EVENT;
  const bytes = new TextEncoder().encode(text).length;
  fc.assert(
    fc.property(fc.array(fc.nat(bytes), { maxLength: 20 }), fc.nat(text.length), (cuts, end) => {
      expect(watch(text, cuts)).toEqual(watch(text));
      // Without its last line break the stream has still said all.
      const said = text.slice(0, end).trimEnd();
      expect(watch(text.slice(0, end)).whole).toBe(said.endsWith("[DONE]"));
    }),
  );
});
