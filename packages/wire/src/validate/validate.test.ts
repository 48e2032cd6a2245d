import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { readChatRequest } from "./chat-request.ts";

const messages = [{ role: "user", content: "hi" }];
const calling = {
  role: "assistant",
  tool_calls: [{ id: "1", type: "function", function: { name: "f", arguments: "{}" } }],
};
const good = { model: "m", messages };

function paramsOf(body: unknown): string[] {
  const read = readChatRequest(body);
  return read.ok ? [] : read.problems.map((problem) => problem.param);
}

describe("a request that is right", () => {
  test.each([
    {},
    { temperature: null, stop: null, tools: null, tool_choice: null, response_format: null },
    { stop: ["a", "b"], top_k: -1, n: 2, seed: -1, max_completion_tokens: 1 },
    { tools: [{ type: "function", function: { name: "f" } }], tool_choice: "required" },
    { response_format: { type: "json_schema", json_schema: { schema: {} } } },
    { reasoning_effort: "low", reasoning: { effort: "none" }, unknown_field: { a: 1 } },
    { messages: [...messages, { role: "assistant", content: "a" }], continue_final_message: true },
  ])("%j", (fields) => {
    expect(readChatRequest({ ...good, ...fields })).toEqual({
      ok: true,
      value: { ...good, ...fields },
    });
  });

  test("a model may be left out", () => {
    expect(readChatRequest({ messages })).toMatchObject({ ok: true, value: { model: "" } });
  });
});

describe("a request that is wrong names the field", () => {
  test.each<[object, string]>([
    [{ messages: [] }, "messages"],
    [{ messages: "hi" }, "messages"],
    [{ messages: [{ role: "bot", content: "" }] }, "messages[0].role"],
    [{ messages: [...messages, { role: "user" }] }, "messages[1].content"],
    [{ messages: [{ role: "user", content: [{ text: "" }] }] }, "messages[0].content[0].type"],
    [{ messages: [{ role: "tool", content: "" }] }, "messages[0].tool_call_id"],
    [{ messages: [{ role: "assistant", tool_calls: [{}] }] }, "messages[0].tool_calls[0]"],
    [{ temperature: "hot" }, "temperature"],
    [{ temperature: -1 }, "temperature"],
    [{ top_p: 1.5 }, "top_p"],
    [{ n: 0 }, "n"],
    [{ max_tokens: 1.5 }, "max_tokens"],
    [{ max_tokens: 0 }, "max_tokens"],
    [{ stop: [""] }, "stop"],
    [{ stream: "yes" }, "stream"],
    [{ logit_bias: { a: 1 } }, "logit_bias"],
    [{ tools: [{ type: "function" }] }, "tools[0]"],
    [{ tool_choice: "required" }, "tool_choice"],
    [{ tool_choice: { type: "function", function: { name: "g" } } }, "tool_choice"],
    [{ response_format: { type: "xml" } }, "response_format.type"],
    [{ response_format: { type: "json_schema" } }, "response_format.json_schema.schema"],
    [{ reasoning_effort: "huge" }, "reasoning_effort"],
    [{ continue_final_message: true }, "continue_final_message"],
    [{ messages: [calling], continue_final_message: true }, "continue_final_message"],
  ])("%j", (fields, param) => {
    expect(paramsOf({ ...good, ...fields })).toEqual([param]);
  });

  test("a schema that is nested too deep, without a deep stack", () => {
    let schema: object = {};
    for (let level = 0; level < 100_000; level += 1) schema = { not: schema };
    const format = { type: "json_schema", json_schema: { schema } };
    expect(paramsOf({ ...good, response_format: format })).toEqual([
      "response_format.json_schema.schema",
    ]);
    const tools = [{ type: "function", function: { name: "f", parameters: schema } }];
    expect(paramsOf({ ...good, tools })).toEqual(["tools[0].function.parameters"]);
  });

  test("and all of them at once", () => {
    expect(paramsOf({ ...good, n: 0, temperature: 9 })).toEqual(["temperature", "n"]);
    expect(paramsOf([])).toEqual([""]);
  });
});

test("no JSON makes it throw", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (value, other) => {
      expect(readChatRequest(value).ok).toBe(false);
      for (const key of ["messages", "tools", "tool_choice", "stop", "reasoning", "logit_bias"]) {
        readChatRequest({ ...good, [key]: value, response_format: other });
      }
      readChatRequest({ messages: [value, { role: other, content: value, tool_calls: [other] }] });
    }),
  );
});
