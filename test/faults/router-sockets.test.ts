import { startWorkerd } from "@qwq-fit/router-worker/workerd";
import { readConfig } from "@qwq-fit/router";
import { serveRouter } from "@qwq-fit/router/node";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, streamText } from "ai";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answerSource } from "../support/answer-source.ts";
import type { Fault } from "../support/fault.ts";
import {
  type ScriptedNode,
  type SeenRequest,
  startScriptedNode,
} from "../support/scripted-node.ts";

const source = answerSource(12);
const manner = {
  lineEnd: "\n",
  comments: false,
  noLastNewline: false,
  afterDone: false,
  writeBytes: 0,
} as const;

/** The request's field `user` names the fault. */
const faultOf = (request: SeenRequest): Fault => {
  const kind = request.body["user"];
  if (kind === "stall") return { kind: "stall", at: 9 };
  if (kind === "silence") return { kind: "silence" };
  if (kind === "cut") return { kind: "clean-end-without-finish", at: 9 };
  return { kind: "none" };
};

describe.for(["node", "workerd"] as const)("over sockets on %s", (runtime) => {
  let node: ScriptedNode;
  let url: string;
  let close: () => Promise<void>;

  beforeAll(async () => {
    node = await startScriptedNode({ source, fault: faultOf, manner: () => manner });
    const config = {
      insecureDev: true,
      nodes: [{ name: "node", url: node.baseUrl, models: [{ id: "scripted" }] }],
      limits: { firstTokenMs: 60_000, idleMs: 60_000 },
    };
    const options = { config, port: 0, host: "127.0.0.1", json: true, secrets: {} };
    const running =
      runtime === "workerd"
        ? await startWorkerd(options, () => undefined)
        : await serveRouter({
            config: readConfig(config),
            host: "127.0.0.1",
            port: 0,
            environment: {},
            log: () => undefined,
          });
    ({ url } = running);
    close = () => running.close();
  }, 180_000);
  afterAll(async () => {
    await node.close();
    await close();
  });

  const client = (): OpenAI => new OpenAI({ baseURL: `${url}/v1`, apiKey: "-", maxRetries: 0 });
  const messages = [{ role: "user" as const, content: "hi" }];

  test("the official client streams the whole answer, thinking apart", async () => {
    const stream = await client().chat.completions.create({
      model: "scripted",
      messages,
      stream: true,
    });
    let answer = "";
    let thought = "";
    for await (const chunk of stream) {
      const delta = chunk.choices[0]?.delta;
      answer += delta?.content ?? "";
      thought += String(Reflect.get(Object(delta), "reasoning_content") ?? "");
    }
    expect({ answer, thought }).toEqual({
      answer: source.answer.join(""),
      thought: source.thought.join(""),
    });
    const whole = await client().chat.completions.create({ model: "scripted", messages });
    expect(whole.choices[0]?.message.content).toBe(source.answer.join(""));
    expect((await client().models.list()).data.map((one) => one.id)).toEqual(["scripted"]);
  });

  test("the official client's error classes fit", async () => {
    const unknown = client().chat.completions.create({ model: "gpt-9", messages });
    await expect(unknown).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    const cut = await client().chat.completions.create({
      model: "scripted",
      messages,
      stream: true,
      user: "cut",
    });
    const read = async (): Promise<void> => {
      for await (const chunk of cut) expect(chunk.object).toBe("chat.completion.chunk");
    };
    await expect(read()).rejects.toThrow(/stream ended/);
  });

  test("the AI SDK streams and generates", async () => {
    const provider = createOpenAICompatible({
      name: "qwq",
      baseURL: `${url}/v1`,
      includeUsage: false,
    });
    const { text, reasoningText } = await generateText({
      model: provider("scripted"),
      prompt: "hi",
      maxRetries: 0,
    });
    expect({ text, reasoningText }).toEqual({
      text: source.answer.join(""),
      reasoningText: source.thought.join(""),
    });
    const streamed = streamText({ model: provider("scripted"), prompt: "hi", maxRetries: 0 });
    let answer = "";
    for await (const part of streamed.textStream) answer += part;
    expect(answer).toBe(source.answer.join(""));
  });

  test("an abort in mid-stream reaches the node", async () => {
    const before = node.requests.length;
    const abort = new AbortController();
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      body: JSON.stringify({ model: "scripted", messages, stream: true, user: "stall" }),
      headers: { "content-type": "application/json" },
      signal: abort.signal,
    });
    await response.body?.getReader().read();
    // Long enough that nothing is being written: workerd notices a gone caller only by writing.
    await expect.poll(() => node.requests.length, { interval: 50 }).toBeGreaterThan(before);
    abort.abort();
    await expect
      .poll(() => node.requests[before]?.aborted, { timeout: 60_000, interval: 10 })
      .toBe(true);
  });

  // workerd gives a Worker no sign of a caller that left before the headers were sent.
  test.runIf(runtime === "node")("an abort before the headers reaches the node", async () => {
    const before = node.requests.length;
    const abort = new AbortController();
    const sent = fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      body: JSON.stringify({ model: "scripted", messages, user: "silence" }),
      headers: { "content-type": "application/json" },
      signal: abort.signal,
    });
    await expect.poll(() => node.requests.length, { interval: 5 }).toBe(before + 1);
    abort.abort();
    await expect(sent).rejects.toThrow(/abort/i);
    await expect
      .poll(() => node.requests[before]?.aborted, { timeout: 60_000, interval: 10 })
      .toBe(true);
  });
});
