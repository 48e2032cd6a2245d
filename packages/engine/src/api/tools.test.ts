import type { ChatCompletion, ToolCallDelta } from "@qwq-fit/wire";
import { describe, expect, test } from "vitest";
import { readStream, serveApi } from "./testing/serve-api.ts";
import { createTextEngine } from "./testing/text-engine.ts";
import type { Asked, TextEngineOptions } from "./testing/text-engine.ts";

const tools = [
  {
    type: "function",
    function: { name: "f", parameters: { type: "object", properties: { a: { type: "number" } } } },
  },
  { type: "function", function: { name: "g" } },
];
const call = '<tool_call>\n{"name": "f", "arguments": {"a": 1}}\n</tool_call>';
const schema = {
  type: "object",
  properties: { a: { type: ["string", "null"] } },
  required: ["a"],
  additionalProperties: false,
};
const response_format = { type: "json_schema", json_schema: { name: "x", schema } };

async function ask(
  say: TextEngineOptions["say"],
  body: object,
  options: Partial<TextEngineOptions> = {},
): Promise<{ answer: ChatCompletion; status: number; asked: Asked[] }> {
  const asked: Asked[] = [];
  const onRequest = (one: Asked): void => void asked.push(one);
  const engine = createTextEngine({ say, onRequest, ...options });
  const api = await serveApi(() => Promise.resolve(engine));
  const messages = [{ role: "user", content: "hi" }];
  const response = await api.post("/v1/chat/completions", { messages, ...body });
  return { answer: (await response.json()) as ChatCompletion, status: response.status, asked };
}

describe("tools", () => {
  test("a call behind a thought", async () => {
    const { answer, asked } = await ask(() => `hm\n</think>\n\n${call}`, { tools });
    expect(answer.choices[0]).toMatchObject({
      finish_reason: "tool_calls",
      message: {
        content: "",
        reasoning: "hm",
        tool_calls: [{ type: "function", function: { name: "f", arguments: '{"a": 1}' } }],
      },
    });
    expect(asked[0]?.tools).toHaveLength(2);
  });

  test("a call in a thought that was never closed is a call", async () => {
    const { answer } = await ask(() => `I call it.\n${call}`, { tools });
    expect(answer.choices[0]).toMatchObject({
      finish_reason: "tool_calls",
      message: { reasoning: "I call it.", tool_calls: [{ function: { name: "f" } }] },
    });
  });

  test("the arguments of a call are streamed as they come, under one index and one id", async () => {
    const engine = createTextEngine({ say: () => `</think>${call}\n${call}` });
    const api = await serveApi(() => Promise.resolve(engine));
    const messages = [{ role: "user", content: "hi" }];
    const body = { messages, tools, stream: true };
    const { events } = await readStream(await api.post("/v1/chat/completions", body));
    const deltas = events.flatMap((event) =>
      (event["choices"] as { delta: { tool_calls?: ToolCallDelta[] } }[]).flatMap(
        ({ delta }) => delta.tool_calls ?? [],
      ),
    );
    expect(deltas.filter((delta) => delta.id !== undefined).map(({ index }) => index)).toEqual([
      0, 1,
    ]);
    for (const index of [0, 1]) {
      const own = deltas.filter((delta) => delta.index === index);
      expect(own.length).toBeGreaterThan(3);
      expect(own.map((delta) => delta.function?.arguments).join("")).toBe('{"a": 1}');
    }
  });

  test("two calls have ids of their own", async () => {
    const { answer } = await ask(() => `</think>${call}\n${call}`, { tools });
    const ids = answer.choices[0]?.message.tool_calls?.map((one) => one.id) ?? [];
    expect(new Set(ids).size).toBe(2);
    const one = await ask(() => `</think>${call}\n${call}`, { tools, parallel_tool_calls: false });
    expect(one.answer.choices[0]?.message.tool_calls).toHaveLength(1);
  });

  test("what looks like a call is text where no tools were given or none is wanted", async () => {
    for (const body of [{}, { tools, tool_choice: "none" }]) {
      const { answer, asked } = await ask(() => `</think>${call}`, body);
      expect(answer.choices[0]).toMatchObject({
        finish_reason: "stop",
        message: { content: call },
      });
      expect(asked[0]?.tools).toEqual([]);
    }
  });

  test("a forced call is held to the tools' schemas", async () => {
    const bare = '{"name":"f","arguments":{"a":1}}';
    const { answer, asked } = await ask(() => `</think>\n\n${bare}`, {
      tools,
      tool_choice: { type: "function", function: { name: "f" } },
    });
    expect(answer.choices[0]?.message.tool_calls?.[0]?.function.arguments).toBe('{"a":1}');
    expect(asked[0]?.request.constraint).toMatchObject({
      kind: "json-schema",
      schema: { properties: { name: { const: "f" } }, required: ["name", "arguments"] },
    });
    const required = await ask(() => `</think>${bare}`, { tools, tool_choice: "required" });
    expect(required.asked[0]?.request.constraint).toMatchObject({
      schema: { anyOf: [{ properties: { name: { const: "f" } } }, {}] },
    });
  });

  test("an engine that separates chats itself tells its own calls", async () => {
    const engine = createTextEngine({ say: () => "" });
    const api = await serveApi(() =>
      Promise.resolve({
        ...engine,
        info: {
          ...engine.info,
          capabilities: { ...engine.info.capabilities, separatesChat: true, template: false },
        },
        async *generate(request, signal) {
          for await (const event of engine.generate(request, signal)) {
            if (event.type !== "end") {
              yield event;
              continue;
            }
            yield { type: "token", text: "hm", tokenIds: [], channel: "reasoning" };
            yield { type: "tool-call", index: 0, id: "x", name: "f", argumentsText: '{"a"' };
            yield { type: "tool-call", index: 0, argumentsText: ":1}" };
            yield { ...event, reason: "tool-calls" };
          }
        },
      }),
    );
    const messages = [{ role: "user", content: "hi" }];
    const response = await api.post("/v1/chat/completions", { messages, tools });
    expect(await response.json()).toMatchObject({
      choices: [
        {
          finish_reason: "tool_calls",
          message: {
            reasoning: "hm",
            tool_calls: [{ id: "x", function: { name: "f", arguments: '{"a":1}' } }],
          },
        },
      ],
    });
  });
});

describe("an answer in JSON", () => {
  test("is held to its schema, behind the thought too", async () => {
    const { answer, asked } = await ask(() => 'hm</think>\n\n{"a": null}', { response_format });
    expect(answer.choices[0]?.message.content).toBe('{"a": null}');
    expect(asked[0]?.request.constraint).toEqual({ kind: "json-schema", schema });
  });

  test("that breaks its schema is asked for once more, and then told", async () => {
    const says = ["</think>{}", '</think>{"a":"b"}'];
    const second = await ask(() => says.shift() ?? "", { response_format, seed: 4 });
    expect(second.answer.choices[0]?.message.content).toBe('{"a":"b"}');
    expect(second.asked.map((one) => one.request.sampling?.seed)).toEqual([4, 5]);
    const never = await ask(() => '</think>{"a":1}', { response_format });
    expect(never.status).toBe(503);
    expect(never.answer).toMatchObject({
      error: { message: expect.stringMatching("is not of type string or null") },
    });
  });

  test("that breaks its schema in a stream never ends cleanly", async () => {
    const engine = createTextEngine({ say: () => '</think>{"a":1}' });
    const api = await serveApi(() => Promise.resolve(engine));
    const messages = [{ role: "user", content: "hi" }];
    const body = { messages, response_format, stream: true };
    const { events, done } = await readStream(await api.post("/v1/chat/completions", body));
    expect(done).toBe(false);
    expect(events.at(-1)).toMatchObject({ error: { code: "engine_failed" } });
  });

  test("with tools is of its schema or a call, in JSON both", async () => {
    const body = { response_format, tools };
    const said = await ask(() => '</think>{"a":"b"}', body);
    expect(said.answer.choices[0]).toMatchObject({
      finish_reason: "stop",
      message: { content: '{"a":"b"}' },
    });
    expect(said.asked[0]?.request.constraint).toMatchObject({
      schema: { anyOf: [schema, { properties: { name: { const: "f" } } }, {}] },
    });
    const called = await ask(() => '</think>{"name":"f","arguments":{"a":1}}', body);
    expect(called.answer.choices[0]).toMatchObject({
      finish_reason: "tool_calls",
      message: { tool_calls: [{ function: { name: "f", arguments: '{"a":1}' } }] },
    });
  });

  test("cut by a length limit is told as cut, not as broken", async () => {
    const { answer } = await ask(() => '</think>{"a":"b"}', { response_format, max_tokens: 4 });
    expect(answer.choices[0]?.finish_reason).toBe("length");
  });

  test("is refused by an engine that cannot hold to a schema", async () => {
    const { info } = createTextEngine({ say: () => "" });
    const capabilities = { ...info.capabilities, jsonSchema: false };
    const { status, answer } = await ask(() => "", { response_format }, { info: { capabilities } });
    expect(status).toBe(400);
    expect(answer).toMatchObject({ error: { param: "response_format" } });
  });
});

test("log probabilities are the answer's, not the thought's", async () => {
  const { answer } = await ask(() => "thought</think>answer", { logprobs: true, top_logprobs: 1 });
  const tokens = answer.choices[0]?.logprobs?.content ?? [];
  const text = tokens.map((one) => one.token).join("");
  expect("</think>answer".endsWith(text) || text.endsWith("answer")).toBe(true);
  expect(text).not.toContain("thought");
  expect(tokens[0]).toMatchObject({ logprob: -0.5, top_logprobs: [{ logprob: -0.5 }] });
});
