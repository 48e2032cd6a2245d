import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { HumanMessage } from "@langchain/core/messages";
import { ChatOpenAI } from "@langchain/openai";
import { embedMany, generateText, jsonSchema, Output, stepCountIs, streamText, tool } from "ai";
import { describe, expect, test } from "vitest";
import type { Engine } from "../engine.ts";
import { createScriptedEngine } from "../testing/scripted-engine.ts";
import { serveApi } from "./testing/serve-api.ts";
import { createTextEngine } from "./testing/text-engine.ts";

const scripted = (): Engine => createScriptedEngine({ thoughts: 3, words: 4 });
const toolEngine = (): Engine =>
  createTextEngine({
    say: (said) => {
      const result = said.find((message) => message.role === "tool")?.content;
      return result === undefined
        ? '</think><tool_call>{"name":"add","arguments":{"a":1,"b":2}}</tool_call>'
        : `</think>It is ${result}.`;
    },
  });

describe("AI SDK through @ai-sdk/openai-compatible", () => {
  async function connect(engine: Engine): Promise<ReturnType<typeof createOpenAICompatible>> {
    const { url } = await serveApi(() => Promise.resolve(engine));
    return createOpenAICompatible({
      name: "local",
      baseURL: `${url}/v1`,
      includeUsage: true,
      supportsStructuredOutputs: true,
    });
  }

  test("text with its reasoning, whole and streamed", async () => {
    const provider = await connect(scripted());
    const whole = await generateText({ model: provider("qwq-32b"), prompt: "hi" });
    expect([whole.reasoningText, whole.text]).toEqual([" t0 t1 t2", " w0 w1 w2 w3"]);
    const stream = streamText({ model: provider("qwq-32b"), prompt: "hi" });
    const kinds = new Set<string>();
    for await (const part of stream.fullStream) kinds.add(part.type);
    expect(await stream.text).toBe(" w0 w1 w2 w3");
    expect(await stream.reasoningText).toBe(" t0 t1 t2");
    expect(await stream.finishReason).toBe("stop");
    expect((await stream.usage).outputTokens).toBe(9);
    expect([...kinds]).toEqual(
      expect.arrayContaining([
        "reasoning-start",
        "reasoning-end",
        "text-start",
        "text-end",
        "finish",
      ]),
    );
  });

  test("tools over several steps", async () => {
    const provider = await connect(toolEngine());
    const add = tool({
      description: "adds",
      inputSchema: jsonSchema<{ a: number; b: number }>({ type: "object" }),
      execute: ({ a, b }) => String(a + b),
    });
    const { text } = await generateText({
      model: provider("qwq-32b"),
      prompt: "hi",
      tools: { add },
      stopWhen: stepCountIs(3),
    });
    expect(text).toBe("It is 3.");
  });

  test("an object of a schema, and embeddings", async () => {
    const provider = await connect(createTextEngine({ say: () => '</think>{"a":1}' }));
    const schema = jsonSchema<{ a: number }>({
      type: "object",
      properties: { a: { type: "number" } },
      required: ["a"],
    });
    const { output } = await generateText({
      model: provider("qwq-32b"),
      prompt: "hi",
      output: Output.object({ schema }),
    });
    expect(output).toEqual({ a: 1 });
    const { embeddings } = await embedMany({
      model: provider.embeddingModel("qwq-32b"),
      values: ["a", "ab"],
    });
    expect(embeddings).toEqual([
      [1, 0.5],
      [2, 0.5],
    ]);
  });
});

describe("LangChain", () => {
  const connect = async (engine: Engine): Promise<ChatOpenAI> => {
    const { url } = await serveApi(() => Promise.resolve(engine));
    return new ChatOpenAI({
      model: "qwq-32b",
      apiKey: "unused",
      maxRetries: 0,
      configuration: { baseURL: `${url}/v1` },
    });
  };

  test("invokes and streams", async () => {
    const model = await connect(scripted());
    const answer = await model.invoke([new HumanMessage("hi")]);
    expect(answer.content).toBe(" w0 w1 w2 w3");
    expect(answer).toMatchObject({ usage_metadata: { output_tokens: 9 } });
    let text = "";
    for await (const chunk of await model.stream("hi")) text += chunk.text;
    expect(text).toBe(" w0 w1 w2 w3");
  });

  test("binds tools", async () => {
    const model = (await connect(toolEngine())).bindTools([
      { type: "function", function: { name: "add", parameters: { type: "object" } } },
    ]);
    const answer = await model.invoke("hi");
    expect(answer.tool_calls).toMatchObject([{ name: "add", args: { a: 1, b: 2 } }]);
  });
});
