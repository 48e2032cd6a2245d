import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { createChatAssembler } from "../chat/assemble.ts";
import type { ChatChunk, ChatDelta } from "../chat/response.ts";
import { cutTextAt } from "../sse/test-cuts.ts";
import { readAssistant, withoutReasoning } from "./message.ts";
import { createReasoningNormalizer } from "./normalize.ts";
import { createReasoningSplitter, splitReasoning } from "./split.ts";
import type { ReasoningSplitterOptions } from "./split.ts";

function split(pieces: readonly string[], options: ReasoningSplitterOptions): [string, string] {
  const splitter = createReasoningSplitter(options);
  const out = { reasoning: "", content: "" };
  for (const part of [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.end()]) {
    out[part.channel] += part.text;
  }
  return [out.reasoning, out.content];
}

const CASES: readonly [string, ReasoningSplitterOptions, string, string, string][] = [
  ["plain tags", {}, "<think>\na b\n</think>\n\nc", "a b", "c"],
  ["leading white space", {}, " \n<think>a</think>b", "a", "b"],
  ["no tags", {}, "hello", "", "hello"],
  ["template opened the thought", { start: "thought" }, "a\n</think>\n\nb", "a", "b"],
  ["opened twice", { start: "thought" }, "<think>\na</think>b", "a", "b"],
  ["missing opener", { start: "unknown" }, "a\n</think>\nb", "a", "b"],
  ["unknown and no thought", { start: "unknown" }, "a b", "", "a b"],
  ["unknown and tags", { start: "unknown" }, "<think>a</think>b", "a", "b"],
  ["never closed", { start: "thought" }, "a b\n", "a b", ""],
  ["empty thought", {}, "<think>\n\n</think>\n\nb", "", "b"],
  ["an answer that quotes a tag", {}, "use <think> here", "", "use <think> here"],
  ["a quoted tag after a thought", { start: "thought" }, "a</think>b <think>c", "a", "b <think>c"],
  [
    "no closer before a tool call",
    { start: "thought" },
    "I call it.\n<tool_call>\n{}",
    "I call it.",
    "<tool_call>\n{}",
  ],
  [
    "a thought about a tool call",
    { start: "thought" },
    "a <tool_call> b</think>c",
    "a <tool_call> b",
    "c",
  ],
  ["nearly a tag", { start: "thought" }, "a </thin b</think>c</think", "a </thin b", "c</think"],
  [
    "a thought gone on with",
    { start: "thought", continues: true },
    "\n\nb\n</think>\n\nc",
    "\n\nb",
    "c",
  ],
  ["an answer gone on with", { continues: true }, "\n\n<think>b", "", "\n\n<think>b"],
  ["words with spaces", { start: "thought" }, " t0 t1</think> w0 w1", " t0 t1", " w0 w1"],
];

describe("splitting", () => {
  test.each(CASES)("%s", (_name, options, text, reasoning, content) => {
    expect(split([text], options)).toEqual([reasoning, content]);
    expect(split(text.split(""), options)).toEqual([reasoning, content]);
  });

  test("the same however the text was cut", () => {
    const piece = fc.constantFrom(
      "<think>",
      "</think>",
      "<tool_call>",
      "\n",
      " ",
      "a",
      "<",
      "</th",
    );
    const start = fc.constantFrom("content" as const, "thought" as const, "unknown" as const);
    fc.assert(
      fc.property(fc.array(piece), start, fc.array(fc.nat(200)), (pieces, place, cuts) => {
        const text = pieces.join("");
        const whole = split([text], { start: place });
        expect(split(cutTextAt(text, cuts), { start: place })).toEqual(whole);
        expect(split(text.split(""), { start: place })).toEqual(whole);
      }),
      { numRuns: 2000 },
    );
  });

  test("a thought is given out as it comes", () => {
    const splitter = createReasoningSplitter({ start: "thought" });
    expect(splitter.push("one two")).toEqual([{ channel: "reasoning", text: "one two" }]);
    expect(splitter.insideThought).toBe(true);
    expect(splitter.push("</think>")).toEqual([]);
    expect(splitter.insideThought).toBe(false);
  });

  test("what is held back for an unknown start is bounded", () => {
    const splitter = createReasoningSplitter({ start: "unknown", holdCharacters: 10 });
    expect(splitter.push("0123456789")).toEqual([]);
    expect(splitter.push("x")).toEqual([{ channel: "content", text: "0123456789x" }]);
  });

  test("a text that ends inside its thought says so", () => {
    expect(splitReasoning("<think>a")).toEqual({ reasoning: "a", content: "", closed: false });
  });
});

describe("an assistant message", () => {
  test.each([
    [{ content: "b", reasoning_content: "a" }, "a", "b", false],
    [{ content: "b", reasoning: "a" }, "a", "b", false],
    [{ content: "b", thinking: "a" }, "a", "b", false],
    [{ content: "<think>a</think>b" }, "a", "b", false],
    [{ content: "a</think>b" }, "a", "b", false],
    [{ content: "<think>a" }, "a", "", true],
    [{ content: null, reasoning_content: "a" }, "a", "", true],
    [{ content: "<think>a</think>b", reasoning: "a" }, "a", "b", false],
    [{ content: [{ type: "text" as const, text: "b" }] }, "", "b", false],
  ])("%j", (fields, reasoning, content, insideThought) => {
    const message = { role: "assistant" as const, ...fields };
    expect(readAssistant(message)).toEqual({ reasoning, content, insideThought });
    const history = withoutReasoning(message);
    expect(readAssistant(history)).toEqual({ reasoning: "", content, insideThought: false });
  });

  test("history keeps tool calls, and a user's text is nobody's thought", () => {
    const tool_calls = [
      { id: "1", type: "function" as const, function: { name: "f", arguments: "" } },
    ];
    expect(
      withoutReasoning({ role: "assistant", content: null, reasoning: "a", tool_calls }),
    ).toEqual({ role: "assistant", content: null, tool_calls });
    const user = { role: "user" as const, content: "<think>a</think>b" };
    expect(withoutReasoning(user)).toBe(user);
  });
});

describe("a stream", () => {
  const chunk = (delta: ChatDelta, finish: "stop" | null = null): ChatChunk => ({
    id: "x",
    object: "chat.completion.chunk",
    created: 1,
    model: "m",
    choices: [{ index: 0, delta, finish_reason: finish }],
  });

  test.each<[string, ChatDelta[]]>([
    ["one field", [{ reasoning: "a" }, { content: "b" }]],
    ["the other field", [{ reasoning_content: "a" }, { content: "b" }]],
    [
      "raw tags",
      [{ role: "assistant", content: "" }, { content: "<thi" }, { content: "nk>a</think>b" }],
    ],
    ["both in one delta", [{ reasoning: "a", content: "b" }]],
  ])("with %s is told the same", (_name, deltas) => {
    const normalizer = createReasoningNormalizer();
    const assembler = createChatAssembler();
    for (const one of [...deltas.map((delta) => chunk(delta)), chunk({}, "stop")]) {
      for (const told of normalizer.push(one)) {
        expect(told.choices[0]?.delta.reasoning).toBe(told.choices[0]?.delta.reasoning_content);
        assembler.push(told);
      }
    }
    const [choice] = assembler.completion().choices;
    expect(choice?.message).toMatchObject({ content: "b", reasoning: "a" });
    expect(choice?.finish_reason).toBe("stop");
  });
});
