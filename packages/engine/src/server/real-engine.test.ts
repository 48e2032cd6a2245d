import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createChatAssembler, readChatData, readSseEvents } from "@qwq-fit/wire";
import type { ChatCompletion } from "@qwq-fit/wire";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { QWQ } from "../api/testing/serve-api.ts";
import { startChildScripted } from "../testing/child-scripted.ts";
import { startServer } from "./start-server.ts";
import type { RunningServer } from "./start-server.ts";

let child: Awaited<ReturnType<typeof startChildScripted>>;
let server: RunningServer;
let stateDir: string;

beforeAll(async () => {
  child = await startChildScripted();
  stateDir = await mkdtemp(join(tmpdir(), "qwq-fit-real-"));
  server = await startServer({
    open: () => Promise.resolve(child.engine),
    model: QWQ,
    plan: null,
    stateDir,
  });
  await server.whenReady();
});

afterAll(async () => {
  await server.stop({ graceMs: 0 });
  await child.dispose();
  await rm(stateDir, { recursive: true });
});

const user = { role: "user", content: "hello" };

async function ask(body: object): Promise<ChatCompletion> {
  const response = await fetch(`${server.baseUrl}/chat/completions`, {
    method: "POST",
    body: JSON.stringify({ messages: [user], temperature: 0, ...body }),
  });
  expect(response.status).toBe(200);
  if (!("stream" in body)) return (await response.json()) as ChatCompletion;
  const assembler = createChatAssembler();
  for await (const event of readSseEvents(response.body as ReadableStream<Uint8Array>)) {
    const data = readChatData(event);
    if (data.kind === "chunk") assembler.push(data.chunk);
  }
  return assembler.completion();
}

describe("the scripted model in node-llama-cpp, through the server", () => {
  test("says every word of thought and answer, whole and streamed", async () => {
    const reasoning = child.model.thought.join("");
    const content = child.model.answer.join("");
    for (const body of [{}, { stream: true }]) {
      const [choice] = (await ask(body)).choices;
      expect(choice).toMatchObject({ message: { reasoning, content }, finish_reason: "stop" });
    }
  });

  test("goes on exactly where an answer was cut, in the thought and behind it", async () => {
    const reasoning = child.model.thought.join("");
    const content = child.model.answer.join("");
    const ends = [1, 7, child.model.thought.length, child.model.thought.length + 9];
    for (const max_tokens of ends) {
      const part = (await ask({ max_tokens })).choices[0]?.message;
      const rest = (await ask({ messages: [user, part], continue_final_message: true })).choices[0];
      expect((part?.reasoning ?? "") + (rest?.message.reasoning ?? "")).toBe(reasoning);
      expect((part?.content ?? "") + (rest?.message.content ?? "")).toBe(content);
      expect(rest?.finish_reason).toBe("stop");
    }
  });

  test("many at once, each its own text; the prompt is in the cache", async () => {
    const answers = await Promise.all(
      Array.from({ length: 9 }, (_, index) => ask({ stream: true, max_tokens: 20 + index })),
    );
    for (const [index, answer] of answers.entries()) {
      expect(answer.choices[0]?.message.reasoning).toBe(
        child.model.thought.slice(0, 20 + index).join(""),
      );
    }
    const again = await ask({
      max_tokens: 1,
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(again.usage?.prompt_tokens_details?.cached_tokens).toBeGreaterThan(0);
  });

  test("a budget, a stop, log probabilities", async () => {
    const answer = await ask({
      thinking_budget: 3,
      stop: child.model.answer[5],
      logprobs: true,
      top_logprobs: 2,
    });
    expect(answer.choices[0]?.message).toMatchObject({
      reasoning: child.model.thought.slice(0, 3).join(""),
      content: child.model.answer.slice(0, 5).join(""),
    });
    const tokens = answer.choices[0]?.logprobs?.content ?? [];
    expect(tokens.map((token) => token.token).join("")).toContain(child.model.answer[4]);
    expect(tokens[1]?.top_logprobs).toHaveLength(2);
  });

  test("an answer in JSON is of its schema, behind the thought", async () => {
    const schema = {
      type: "object",
      properties: { a: { enum: ["x", "y"] }, n: { type: "integer", minimum: 1, maximum: 9 } },
      required: ["a", "n"],
      additionalProperties: false,
    };
    const answer = await ask({
      response_format: { type: "json_schema", json_schema: { name: "t", schema } },
    });
    const value = JSON.parse(answer.choices[0]?.message.content ?? "") as { a: string; n: number };
    expect(["x", "y"]).toContain(value.a);
    expect(value.n).toBeGreaterThanOrEqual(1);
    expect(answer.choices[0]?.message.reasoning).toBe(child.model.thought.join(""));
  });

  test("a forced call is a call of the schema", async () => {
    const parameters = { type: "object", properties: { a: { const: 7 } }, required: ["a"] };
    const tools = [{ type: "function", function: { name: "f", parameters } }];
    const response_format = { type: "json_schema", json_schema: { schema: { type: "boolean" } } };
    const either = (await ask({ tools, response_format })).choices[0];
    const said = either?.message.content ?? "";
    expect(either?.finish_reason === "tool_calls" || ["true", "false"].includes(said)).toBe(true);
    const answer = await ask({ tools, tool_choice: "required" });
    expect(answer.choices[0]).toMatchObject({ finish_reason: "tool_calls" });
    const [call] = answer.choices[0]?.message.tool_calls ?? [];
    expect(call?.function.name).toBe("f");
    expect(JSON.parse(call?.function.arguments ?? "")).toMatchObject({ a: 7 });
  });

  test("a limit past the context is what the context leaves", async () => {
    const answer = await ask({ max_tokens: 1_000_000 });
    expect(answer.choices[0]).toMatchObject({
      finish_reason: "stop",
      message: { content: child.model.answer.join("") },
    });
  });

  test("embeddings and text completions", async () => {
    const post = async (path: string, body: object): Promise<unknown> =>
      await (
        await fetch(`${server.baseUrl}${path}`, { method: "POST", body: JSON.stringify(body) })
      ).json();
    const embedding = await post("/embeddings", { input: ["hello", "w0"] });
    expect(embedding).toMatchObject({ data: [{ index: 0 }, { index: 1 }] });
    const [first, second, third] = child.model.answer;
    const text = await post("/completions", { prompt: first, max_tokens: 2, temperature: 0 });
    expect(text).toMatchObject({
      choices: [{ text: `${second}${third}`, finish_reason: "length" }],
    });
  });
});
