import * as fc from "fast-check";
import { expect, test } from "vitest";
import { askRouter, routerOver } from "../support/router-over.ts";

const encoder = new TextEncoder();

const delta = fc.oneof(
  fc.string({ unit: "grapheme" }).map((content) => ({ content })),
  fc.string({ unit: "grapheme", minLength: 1 }).map((reasoning_content) => ({ reasoning_content })),
  fc
    .constantFrom(
      "<think>",
      "</think>",
      "<th",
      "ink>",
      "\n",
      '"finish_reason":"stop"',
      "[DONE]",
      "é🙂",
    )
    .map((content) => ({ content })),
);

/** The bytes of a whole stream, as nodes write them. */
const stream = fc
  .record({
    deltas: fc.array(delta, { minLength: 1, maxLength: 8 }),
    lineEnd: fc.constantFrom("\n", "\r\n", "\r"),
    comments: fc.boolean(),
    usage: fc.boolean(),
    noLastNewline: fc.boolean(),
    mark: fc.boolean(),
  })
  .map(({ deltas, lineEnd, comments, usage, noLastNewline, mark }) => {
    const end = lineEnd.repeat(2);
    const chunk = (one: object, finish: string | null = null): string =>
      `data: ${JSON.stringify({ id: "x", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta: one, finish_reason: finish }] })}${end}`;
    const counts = { prompt_tokens: 1, completion_tokens: deltas.length, total_tokens: 2 };
    const parts = [
      mark ? "\uFEFF" : "",
      chunk({ role: "assistant", content: "" }),
      ...deltas.flatMap((one) => [comments ? `: alive${end}` : "", chunk(one)]),
      chunk({ content: "." }),
      chunk({}, "stop"),
      usage ? `data: ${JSON.stringify({ choices: [], usage: counts })}${end}` : "",
      `data: [DONE]${noLastNewline ? "" : end}`,
    ];
    return encoder.encode(parts.join(""));
  });

function cutAt(whole: Uint8Array, places: readonly number[]): Uint8Array[] {
  const cuts = [...new Set(places.map((place) => place % (whole.length + 1)))];
  const sorted = [0, ...cuts.toSorted((a, b) => a - b), whole.length];
  return sorted.slice(1).map((end, i) => whole.subarray(sorted[i], end));
}

const every = (whole: Uint8Array): Uint8Array[] => Array.from(whole, (byte) => Uint8Array.of(byte));

const messages = [{ role: "user", content: "hi" }];
const ASKED = [
  ["/v1/chat/completions", { messages }, {}],
  ["/v1/chat/completions", { messages }, { "x-qwq-mode": "continue" }],
  ["/v1/chat/completions", { messages }, { "x-qwq-mode": "hold" }],
  ["/v1/chat/completions", { messages }, { "x-qwq-reasoning": "normalized" }],
  ["/v1/responses", { input: "hi" }, {}],
  ["/v1/responses", { input: "hi" }, { "x-qwq-reasoning": "thought-first" }],
  ["/v1/messages", { messages, max_tokens: 9 }, {}],
] as const;

test.for(ASKED)(
  "%s %o %o: however a node's bytes are cut, the events are the same",
  { timeout: 120_000 },
  async ([path, body, headers]) => {
    const ask = (chunks: readonly Uint8Array[]): Promise<string> =>
      askRouter(
        routerOver(() => ({ type: "text/event-stream", chunks })),
        path,
        { ...body, stream: true },
        headers,
      );
    await fc.assert(
      fc.asyncProperty(stream, fc.array(fc.nat(), { maxLength: 12 }), async (whole, places) => {
        const wanted = await ask([whole]);
        const [cut, single] = [await ask(cutAt(whole, places)), await ask(every(whole))];
        expect(wanted).toMatch(/\[DONE\]|response\.completed|message_stop/);
        expect(cut).toBe(wanted);
        expect(single).toBe(wanted);
      }),
      { numRuns: 30 },
    );
  },
);
