import { describe, expect, test } from "vitest";

import type { ChatChunk, ChatDelta, FinishReason } from "../chat/response.ts";
import { chatFromMessages } from "./request.ts";
import { createMessagesConverter, messageFromChat, messagesError } from "./stream.ts";

const options = { id: "msg_1", model: "m" };

function chunk(delta: ChatDelta, finish: FinishReason | null = null): ChatChunk {
  const choices = [{ index: 0, delta, finish_reason: finish }];
  return { id: "c", object: "chat.completion.chunk", created: 1, model: "m", choices };
}

const call = (index: number, text: string, id?: string): ChatDelta => ({
  tool_calls: [
    { index, ...(id === undefined ? {} : { id }), function: { name: "f", arguments: text } },
  ],
});

const answer = [
  chunk({ reasoning: "hm" }),
  chunk({ content: "a" }),
  chunk({ content: "b" }),
  chunk(call(0, '{"x"', "t0")),
  chunk(call(1, '{"y":', "t1")),
  chunk(call(0, ":1}")),
  chunk(call(1, "2}")),
  chunk({}, "tool_calls"),
  {
    ...chunk({}),
    choices: [],
    usage: {
      prompt_tokens: 10,
      completion_tokens: 5,
      total_tokens: 15,
      prompt_tokens_details: { cached_tokens: 4 },
    },
  },
];

const content = [
  { type: "thinking", thinking: "hm", signature: "" },
  { type: "text", text: "ab" },
  { type: "tool_use", id: "t0", name: "f", input: { x: 1 } },
  { type: "tool_use", id: "t1", name: "f", input: { y: 2 } },
];

describe("a stream of events", () => {
  test("has one block open at a time, calls side by side one after the other", () => {
    const converter = createMessagesConverter(options);
    const events = [
      ...converter.start(),
      ...answer.flatMap((one) => converter.push(one)),
      ...converter.end(),
    ];
    const steps = events
      .filter((event) => event.type.startsWith("content_block"))
      .map((event) => `${event.type.slice("content_block_".length)} ${String(event["index"])}`);
    const once = (index: number, deltas: number): string[] => [
      `start ${index}`,
      ...Array.from({ length: deltas }, () => `delta ${index}`),
      `stop ${index}`,
    ];
    // Thought and its signature; two texts; the first call as it came; the second whole.
    expect(steps).toEqual([...once(0, 2), ...once(1, 2), ...once(2, 2), ...once(3, 1)]);
    const inputs = events.map((event) => event["delta"] as { partial_json?: string } | undefined);
    expect(inputs.map((delta) => delta?.partial_json ?? "").join("")).toBe('{"x":1}{"y":2}');
    expect(events[0]).toMatchObject({ type: "message_start", message: { content: [] } });
    expect(events.slice(-2)).toMatchObject([
      {
        type: "message_delta",
        delta: { stop_reason: "tool_use" },
        usage: { input_tokens: 6, cache_read_input_tokens: 4, output_tokens: 5 },
      },
      { type: "message_stop" },
    ]);
    expect(converter.whole()).toMatchObject({ content, stop_reason: "tool_use" });
  });

  test("cut off ends in an error", () => {
    const converter = createMessagesConverter(options);
    converter.push(chunk({ content: "a" }));
    expect(converter.end()).toMatchObject([{ type: "error", error: { type: "api_error" } }]);
  });
});

test.each<[FinishReason, string | undefined, string]>([
  ["stop", undefined, "end_turn"],
  ["stop", "END", "stop_sequence"],
  ["length", undefined, "max_tokens"],
  ["tool_calls", undefined, "tool_use"],
])("finish reason %s (stop text %s) is %s", (finish_reason, stop, expected) => {
  const message = messageFromChat(
    {
      id: "c",
      object: "chat.completion",
      created: 1,
      model: "m",
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: "a" },
          finish_reason,
          ...(stop === undefined ? {} : { stop_reason: stop }),
        },
      ],
    },
    options,
  );
  expect(message).toMatchObject({ stop_reason: expected, stop_sequence: stop ?? null });
});

describe("a request", () => {
  test("becomes a chat completion", () => {
    const read = chatFromMessages({
      model: "m",
      max_tokens: 9,
      system: [{ type: "text", text: "be brief" }],
      stop_sequences: ["END"],
      thinking: { type: "enabled", budget_tokens: 7 },
      tools: [{ name: "f", input_schema: { type: "object" } }],
      tool_choice: { type: "any", disable_parallel_tool_use: true },
      messages: [
        { role: "user", content: "hi" },
        {
          role: "assistant",
          content: [
            { type: "thinking", thinking: "hm", signature: "s" },
            { type: "text", text: "ok" },
            { type: "tool_use", id: "t", name: "f", input: { a: 1 } },
          ],
        },
        {
          role: "user",
          content: [
            { type: "tool_result", tool_use_id: "t", content: [{ type: "text", text: "42" }] },
            { type: "text", text: "go on" },
          ],
        },
      ],
    });
    expect(read).toMatchObject({
      ok: true,
      value: {
        max_completion_tokens: 9,
        stop: ["END"],
        thinking_budget: 7,
        tool_choice: "required",
        parallel_tool_calls: false,
        tools: [{ type: "function", function: { name: "f", parameters: { type: "object" } } }],
        messages: [
          { role: "system", content: "be brief" },
          { role: "user", content: "hi" },
          {
            role: "assistant",
            content: "ok",
            reasoning_content: "hm",
            tool_calls: [{ id: "t", function: { name: "f", arguments: '{"a":1}' } }],
          },
          { role: "tool", tool_call_id: "t", content: "42" },
          { role: "user", content: "go on" },
        ],
      },
    });
  });

  test("that ends in an assistant message is a continuation", () => {
    const messages = [
      { role: "user", content: "hi" },
      { role: "assistant", content: "{" },
    ];
    expect(chatFromMessages({ model: "m", max_tokens: 1, messages })).toMatchObject({
      value: { continue_final_message: true },
    });
  });

  test.each([
    [{ messages: "hi" }, "messages"],
    [{ messages: [{ role: "user", content: [{ type: "document" }] }] }, "messages[0].content[0]"],
    [{ messages: [{ role: "user", content: "a" }], tools: [{ type: "bash_1" }] }, "tools[0].type"],
    [{ messages: [{ role: "user", content: "a" }], max_tokens: 0 }, "max_tokens"],
  ])("%j is refused", (body, param) => {
    expect(chatFromMessages(body)).toMatchObject({ ok: false, problems: [{ param }] });
  });
});

test("errors have Anthropic's types", () => {
  expect(messagesError({ code: "saturated", message: "busy" }).error.type).toBe("overloaded_error");
  expect(messagesError({ code: "internal", message: "secret" }).error).toEqual({
    type: "api_error",
    message: "internal error",
  });
});
