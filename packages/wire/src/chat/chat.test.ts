import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { encodeSseJson } from "../sse/encode.ts";
import { createChatAssembler } from "./assemble.ts";
import { chunksOf } from "./chunks.ts";
import { readChatData } from "./data.ts";
import type { ChatChunk, ChatCompletion, ChatDelta } from "./response.ts";

const head = { id: "c1", created: 7, model: "m" };

function assemble(deltas: readonly ChatDelta[], finish: "stop" | null = "stop"): ChatCompletion {
  const assembler = createChatAssembler();
  for (const delta of deltas) assembler.push(chunk(delta));
  if (finish !== null) assembler.push(chunk({}, finish));
  return assembler.completion();
}

function chunk(delta: ChatDelta, finish: "stop" | null = null): ChatChunk {
  return {
    ...head,
    object: "chat.completion.chunk",
    choices: [{ index: 0, delta, finish_reason: finish }],
  };
}

describe("assembly", () => {
  test("reasoning comes out under both names, whatever it came in as", () => {
    const answer = assemble([
      { role: "assistant" },
      { reasoning_content: "a" },
      { reasoning: "b" },
      { thinking: "c" },
      { reasoning_content: "d", reasoning: "d" },
      { content: "e" },
    ]);
    expect(answer.choices[0]?.message).toEqual({
      role: "assistant",
      content: "e",
      reasoning_content: "abcd",
      reasoning: "abcd",
    });
  });

  test("tool calls by index, interleaved", () => {
    const answer = assemble([
      { tool_calls: [{ index: 0, id: "x", type: "function", function: { name: "f" } }] },
      { tool_calls: [{ index: 1, id: "y", type: "function", function: { name: "g" } }] },
      { tool_calls: [{ index: 0, function: { arguments: '{"a"' } }] },
      { tool_calls: [{ index: 1, function: { arguments: "{}" } }] },
      { tool_calls: [{ index: 0, function: { arguments: ":1}" } }] },
    ]);
    expect(answer.choices[0]?.message.tool_calls).toEqual([
      { id: "x", type: "function", function: { name: "f", arguments: '{"a":1}' } },
      { id: "y", type: "function", function: { name: "g", arguments: "{}" } },
    ]);
  });

  test("tool calls whose index never counts up are told apart by id", () => {
    const answer = assemble([
      { tool_calls: [{ index: 0, id: "x", function: { name: "f", arguments: "{}" } }] },
      { tool_calls: [{ index: 0, id: "y", function: { name: "g", arguments: "{}" } }] },
    ]);
    expect(answer.choices[0]?.message.tool_calls?.map((call) => call.function.name)).toEqual([
      "f",
      "g",
    ]);
  });

  test("an answer that has not ended has no finish reason", () => {
    expect(assemble([{ content: "a" }], null).choices[0]?.finish_reason).toBeNull();
  });
});

const completions: fc.Arbitrary<ChatCompletion> = fc
  .record({
    content: fc.option(fc.string()),
    reasoning: fc.string(),
    calls: fc.array(
      fc.record({ id: fc.uuid(), name: fc.stringMatching(/^\w+$/), text: fc.json() }),
    ),
    finish: fc.constantFrom("stop" as const, "length" as const, "tool_calls" as const),
    usage: fc.record({
      prompt_tokens: fc.nat(),
      completion_tokens: fc.nat(),
      total_tokens: fc.nat(),
    }),
  })
  .map(({ content, reasoning, calls, finish, usage }) => ({
    ...head,
    object: "chat.completion",
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content,
          ...(reasoning === "" ? {} : { reasoning_content: reasoning, reasoning }),
          ...(calls.length === 0
            ? {}
            : {
                tool_calls: calls.map(({ id, name, text }) => ({
                  id,
                  type: "function" as const,
                  function: { name, arguments: text },
                })),
              }),
        },
        finish_reason: finish,
      },
    ],
    usage,
  }));

test("a whole answer cut to chunks, written, read and assembled again is the same", () => {
  fc.assert(
    fc.property(completions, (whole) => {
      const assembler = createChatAssembler();
      for (const piece of chunksOf(whole, { includeUsage: true })) {
        const text = encodeSseJson(piece).slice("data: ".length);
        const data = readChatData({ event: "message", data: text });
        expect(data.kind).toBe("chunk");
        if (data.kind === "chunk") assembler.push(data.chunk);
      }
      expect(assembler.completion()).toEqual(whole);
    }),
  );
});

describe("one event", () => {
  const read = (data: string, event = "message"): string => readChatData({ event, data }).kind;

  test("is a chunk, the end, an error, or malformed", () => {
    expect(read("[DONE]")).toBe("done");
    expect(read('{"choices":[{"delta":{}}]}')).toBe("chunk");
    expect(read('{"usage":{"prompt_tokens":1}}')).toBe("chunk");
    expect(read('{"error":{"message":"no","code":429}}')).toBe("error");
    expect(read("anything", "error")).toBe("error");
    expect(read('{"choices":[{"delta"')).toBe("malformed");
    expect(read('{"choices":[null]}')).toBe("malformed");
    expect(read('{"object":"x"}')).toBe("malformed");
    expect(read("")).toBe("malformed");
  });

  test("a null error field is no error, and unknown fields pass", () => {
    const data = readChatData({ event: "message", data: '{"error":null,"choices":[],"x":1}' });
    expect(data).toMatchObject({ kind: "chunk", chunk: { x: 1 } });
  });
});
