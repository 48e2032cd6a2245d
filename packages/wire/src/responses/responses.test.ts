import { describe, expect, test } from "vitest";

import type { ChatChunk, ChatDelta, FinishReason } from "../chat/response.ts";
import type { NamedEvent } from "../named-event.ts";
import { chatFromResponses } from "./request.ts";
import { createResponsesConverter, responseFromChat } from "./stream.ts";

const options = { request: { model: "m" }, id: "resp_1", model: "m", now: () => 5000 };

function chunk(delta: ChatDelta, finish: FinishReason | null = null): ChatChunk {
  const choices = [{ index: 0, delta, finish_reason: finish }];
  return { id: "c", object: "chat.completion.chunk", created: 1, model: "m", choices };
}

const usage = {
  prompt_tokens: 9,
  completion_tokens: 4,
  total_tokens: 13,
  prompt_tokens_details: { cached_tokens: 2 },
  completion_tokens_details: { reasoning_tokens: 3 },
};

function convert(chunks: readonly ChatChunk[]): NamedEvent[] {
  const converter = createResponsesConverter(options);
  const middle = chunks.flatMap((one) => converter.push(one));
  return [...converter.start(), ...middle, ...converter.end()];
}

const answer = [
  chunk({ role: "assistant", content: "" }),
  chunk({ reasoning_content: "th", reasoning: "th" }),
  chunk({ reasoning: "ink" }),
  chunk({ content: "he" }),
  chunk({ content: "llo" }),
  chunk({ tool_calls: [{ index: 0, id: "call_1", function: { name: "f", arguments: "" } }] }),
  chunk({ tool_calls: [{ index: 0, function: { arguments: '{"a":1}' } }] }),
  chunk({}, "tool_calls"),
  { ...chunk({}), choices: [], usage },
];

const output = [
  {
    type: "reasoning",
    status: "completed",
    summary: [],
    content: [{ type: "reasoning_text", text: "think" }],
  },
  {
    type: "message",
    role: "assistant",
    status: "completed",
    content: [{ type: "output_text", text: "hello", annotations: [] }],
  },
  {
    type: "function_call",
    status: "completed",
    call_id: "call_1",
    name: "f",
    arguments: '{"a":1}',
  },
];

describe("a stream of events", () => {
  test("opens and closes every item, numbered from 0", () => {
    const converter = createResponsesConverter(options);
    const events = [
      ...converter.start(),
      ...answer.flatMap((one) => converter.push(one)),
      ...converter.end(),
    ];
    expect(events.map((event) => event["sequence_number"])).toEqual([...events.keys()]);
    expect(events.map((event) => event.type.replace("response.", ""))).toEqual([
      "created",
      "in_progress",
      "output_item.added",
      "content_part.added",
      "reasoning_text.delta",
      "reasoning_text.delta",
      "reasoning_text.done",
      "content_part.done",
      "output_item.done",
      "output_item.added",
      "content_part.added",
      "output_text.delta",
      "output_text.delta",
      "output_text.done",
      "content_part.done",
      "output_item.done",
      "output_item.added",
      "function_call_arguments.delta",
      "function_call_arguments.done",
      "output_item.done",
      "completed",
    ]);
    expect(events.at(-1)?.["response"]).toMatchObject({
      status: "completed",
      output,
      store: false,
      usage: {
        input_tokens: 9,
        input_tokens_details: { cached_tokens: 2 },
        output_tokens: 4,
        output_tokens_details: { reasoning_tokens: 3 },
      },
    });
  });

  test("at the length limit is incomplete", () => {
    expect(convert([chunk({ content: "a" }), chunk({}, "length")]).at(-1)).toMatchObject({
      type: "response.incomplete",
      response: { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } },
    });
  });

  test("cut off is failed, never completed", () => {
    expect(convert([chunk({ content: "a" })]).at(-1)).toMatchObject({
      type: "response.failed",
      response: { status: "failed", error: { code: "stream_interrupted" } },
    });
  });
});

test("a whole answer makes the same response as its stream", () => {
  const whole = responseFromChat(
    {
      id: "c",
      object: "chat.completion",
      created: 1,
      model: "m",
      choices: [
        {
          index: 0,
          message: {
            role: "assistant",
            content: "hello",
            reasoning: "think",
            tool_calls: [
              { id: "call_1", type: "function", function: { name: "f", arguments: '{"a":1}' } },
            ],
          },
          finish_reason: "tool_calls",
        },
      ],
      usage,
    },
    options,
  );
  expect(whole).toMatchObject({ object: "response", status: "completed", output });
  expect(whole).toEqual(convert(answer).at(-1)?.["response"]);
});

describe("a request", () => {
  test("becomes a chat completion", () => {
    const read = chatFromResponses({
      model: "m",
      instructions: "be brief",
      max_output_tokens: 9,
      stream: true,
      tools: [{ type: "function", name: "f", parameters: { type: "object" }, strict: true }],
      tool_choice: { type: "function", name: "f" },
      text: { format: { type: "json_schema", name: "x", schema: { type: "object" } } },
      reasoning: { effort: "low" },
      input: [
        { role: "user", content: [{ type: "input_text", text: "hi" }] },
        { type: "reasoning", summary: [], content: [{ type: "reasoning_text", text: "hm" }] },
        { type: "message", role: "assistant", content: [{ type: "output_text", text: "ok" }] },
        { type: "function_call", call_id: "1", name: "f", arguments: "{}" },
        { type: "function_call_output", call_id: "1", output: "42" },
      ],
    });
    expect(read).toMatchObject({
      ok: true,
      value: {
        model: "m",
        stream: true,
        stream_options: { include_usage: true },
        max_completion_tokens: 9,
        reasoning_effort: "low",
        tool_choice: { type: "function", function: { name: "f" } },
        tools: [{ type: "function", function: { name: "f", strict: true } }],
        response_format: { type: "json_schema", json_schema: { name: "x" } },
        messages: [
          { role: "system", content: "be brief" },
          { role: "user", content: "hi" },
          {
            role: "assistant",
            content: "ok",
            reasoning_content: "hm",
            tool_calls: [{ id: "1", function: { name: "f", arguments: "{}" } }],
          },
          { role: "tool", tool_call_id: "1", content: "42" },
        ],
      },
    });
  });

  test.each([
    [{ input: "hi", previous_response_id: "resp_0" }, "previous_response_id"],
    [{ input: "hi", tools: [{ type: "web_search" }] }, "tools[0].type"],
    [{ input: [{ type: "item_reference", id: "x" }] }, "input[0].type"],
    [{ input: [{ role: "user", content: [{ type: "input_file" }] }] }, "input[0].content[0]"],
    [{}, "input"],
  ])("%j is refused", (body, param) => {
    expect(chatFromResponses(body)).toMatchObject({ ok: false, problems: [{ param }] });
  });
});
