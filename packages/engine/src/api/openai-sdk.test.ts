import OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { QwqError } from "@qwq-fit/schema";
import { createScriptedEngine } from "../testing/scripted-engine.ts";
import { serveApi } from "./testing/serve-api.ts";
import { createTextEngine } from "./testing/text-engine.ts";

const messages = [{ role: "user" as const, content: "hi" }];
const ask = { model: "any", messages };

async function connect(
  engine = createScriptedEngine({ thoughts: 3, words: 4 }),
  apiKeys: string[] = [],
): Promise<OpenAI> {
  const { url } = await serveApi(() => Promise.resolve(engine), { apiKeys });
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: "unused", maxRetries: 0 });
}

describe("the official OpenAI client", () => {
  test("completes, streams, lists", async () => {
    const client = await connect();
    const { data, request_id } = await client.chat.completions.create(ask).withResponse();
    expect(data.choices[0]?.message).toMatchObject({
      content: " w0 w1 w2 w3",
      reasoning: " t0 t1 t2",
    });
    expect(request_id).toBeTruthy();
    const stream = client.chat.completions.stream({
      ...ask,
      stream_options: { include_usage: true },
    });
    expect((await stream.finalChatCompletion()).choices[0]?.message.content).toBe(" w0 w1 w2 w3");
    expect((await stream.totalUsage()).completion_tokens).toBe(9);
    const models = await client.models.list();
    expect(models.data.map((model) => model.id)).toContain("qwq-32b");
  });

  test("runs tools until there is an answer", async () => {
    const engine = createTextEngine({
      say: (said) => {
        const result = said.find((message) => message.role === "tool")?.content;
        return result === undefined
          ? 'I add.\n</think>\n\n<tool_call>\n{"name":"add","arguments":{"a":1,"b":2}}\n</tool_call>'
          : `</think>It is ${result}.`;
      },
    });
    const client = await connect(engine);
    const add = {
      type: "function" as const,
      function: {
        name: "add",
        function: ({ a, b }: { a: number; b: number }) => String(a + b),
        parse: (text: string) => JSON.parse(text) as { a: number; b: number },
        description: "adds",
        parameters: { type: "object", properties: { a: {}, b: {} } },
      },
    };
    for (const runner of [
      client.chat.completions.runTools({ ...ask, tools: [add] }),
      client.chat.completions.runTools({ ...ask, tools: [add], stream: true }),
    ]) {
      expect(await runner.finalContent()).toBe("It is 3.");
    }
  });

  test("parses an answer in JSON", async () => {
    const client = await connect(createTextEngine({ say: () => '</think>{"a":1}' }));
    const schema = { type: "object", properties: { a: { type: "number" } } };
    const parsed = await client.chat.completions.parse({
      ...ask,
      response_format: { type: "json_schema", json_schema: { name: "x", schema } },
    });
    expect(parsed.choices[0]?.message.content).toBe('{"a":1}');
  });

  test("speaks Responses, text completions and embeddings", async () => {
    const client = await connect(createTextEngine({ say: () => "hm</think>ok" }));
    const response = await client.responses.create({ model: "any", input: "hi" });
    expect(response.output_text).toBe("ok");
    const stream = client.responses.stream({ model: "any", input: "hi" });
    const thought: string[] = [];
    stream.on("event", (event) => {
      if (event.type === "response.reasoning_text.delta") thought.push(event.delta);
    });
    expect((await stream.finalResponse()).output_text).toBe("ok");
    expect(thought.join("")).toBe("hm");
    const text = await client.completions.create({ model: "any", prompt: "x" });
    expect(text.choices[0]?.text).toBe("hm</think>ok");
    const embedding = await client.embeddings.create({ model: "any", input: "abc" });
    expect(embedding.data[0]?.embedding).toEqual([3, 0.5]);
  });

  test("aborts", async () => {
    const client = await connect(createScriptedEngine({ words: 100_000, contextTokens: 200_000 }));
    const stream = await client.chat.completions.create({ ...ask, stream: true });
    let chunks = 0;
    for await (const chunk of stream) {
      chunks += chunk.choices.length;
      if (chunks === 5) stream.controller.abort();
    }
    expect(chunks).toBeLessThan(100);
  });
});

describe("errors are the client's classes", () => {
  const failing = (error: Error): ReturnType<typeof createTextEngine> =>
    createTextEngine({ say: () => "x", tick: () => Promise.reject(error) });
  const busy = new QwqError("saturated", "busy", { details: { retryAfterMs: 10 } });

  test.each([
    [
      "BadRequestError",
      createScriptedEngine({ contextTokens: 5 }),
      [],
      400,
      "context_length_exceeded",
    ],
    ["AuthenticationError", createScriptedEngine(), ["secret"], 401, "invalid_api_key"],
    ["RateLimitError", failing(busy), [], 429, "saturated"],
    [
      "InternalServerError",
      failing(new QwqError("engine_crashed", "x")),
      [],
      503,
      "engine_crashed",
    ],
  ] as const)("%s", async (name, engine, apiKeys, status, code) => {
    const client = await connect(engine, [...apiKeys]);
    for (const stream of [false, true]) {
      const error: unknown = await client.chat.completions.create({ ...ask, stream }).then(
        () => null,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(OpenAI[name]);
      expect(error).toMatchObject({ status, code });
    }
  });

  test("a failure in mid-stream is thrown by the iteration", async () => {
    let tokens = 0;
    const engine = createTextEngine({
      say: () => "</think>long enough",
      tick: () => {
        tokens += 1;
        return tokens > 5 ? Promise.reject(new QwqError("engine_crashed", "x")) : Promise.resolve();
      },
    });
    const stream = await (await connect(engine)).chat.completions.create({ ...ask, stream: true });
    const read = async (): Promise<void> => {
      for await (const chunk of stream) expect(chunk.object).toBe("chat.completion.chunk");
    };
    await expect(read()).rejects.toBeInstanceOf(OpenAI.APIError);
  });

  test("a busy server is asked again after Retry-After", async () => {
    let calls = 0;
    const engine = createTextEngine({
      say: () => "</think>ok",
      tick: () => (calls++ === 0 ? Promise.reject(busy) : Promise.resolve()),
    });
    const client = (await connect(engine)).withOptions({ maxRetries: 1 });
    const answer = await client.chat.completions.create(ask);
    expect(answer.choices[0]?.message.content).toBe("ok");
  });
});
