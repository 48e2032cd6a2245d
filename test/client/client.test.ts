import { createClient, type Client, type ClientOptions } from "@qwq-fit/client";
import { createLocalClient } from "@qwq-fit/client/local";
import type { LanguageModelV3, LanguageModelV4 } from "@ai-sdk/provider";
import { APICallError, generateText, streamText } from "ai";
import OpenAI from "openai";
import { afterEach, describe, expect, test } from "vitest";
import { answerSource } from "../support/answer-source.ts";
import type { Fault } from "../support/fault.ts";
import { type ScriptedNode, startScriptedNode } from "../support/scripted-node.ts";

const source = answerSource(12);
const manner = {
  lineEnd: "\n",
  comments: true,
  noLastNewline: false,
  afterDone: false,
  writeBytes: 0,
} as const;
const nodes: ScriptedNode[] = [];
afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.close()));
});

async function nodeWith(fault: Fault): Promise<ScriptedNode> {
  const node = await startScriptedNode({ source, fault: () => fault, manner: () => manner });
  nodes.push(node);
  return node;
}

async function clientFor(
  faults: readonly Fault[],
  more: Partial<ClientOptions> = {},
): Promise<Client> {
  const targets = [];
  for (const [i, fault] of faults.entries()) {
    const { baseUrl } = await nodeWith(fault);
    targets.push({
      name: `n${i}`,
      baseUrl,
      apiKey: () => Promise.resolve(`key-${i}`),
      privacy: "own-network" as const,
    });
  }
  return createClient({
    model: "scripted",
    targets,
    limits: { firstTokenMs: 200, idleMs: 200 },
    ...more,
  });
}
const messages = [{ role: "user" as const, content: "hi" }];
const thought = source.thought.join("");
const answer = source.answer.join("");

describe("chat in OpenAI's shape", () => {
  test("streams, with a receipt that says where and why", async () => {
    const ai = await clientFor([{ kind: "status", status: 503 }, { kind: "none" }]);
    const stream = await ai.chat.completions.create({ messages, stream: true });
    let text = "";
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
    expect(text).toBe(answer);
    const receipt = await stream.receipt;
    expect(receipt).toMatchObject({ node: "n1", privacy: "own-network" });
    expect(receipt.attempts.map((one) => one.outcome)).toEqual(["failed", "served"]);
    expect(JSON.stringify(receipt)).not.toContain("key-");
    expect(nodes[1]?.requests[0]?.headers["authorization"]).toBe("Bearer key-1");
  });

  test("whole, as OpenAI's own JSON", async () => {
    const ai = await clientFor([{ kind: "none" }]);
    const got = await ai.chat.completions.create({ messages });
    expect(got.choices[0]?.message.content).toBe(answer);
    expect(JSON.stringify(got)).not.toContain("receipt");
    expect((await got.receipt).node).toBe("n0");
  });

  test("leaving a stream ends it at the node", async () => {
    const ai = await clientFor([{ kind: "stall", at: 9 }], { limits: { idleMs: 60_000 } });
    const stream = await ai.chat.completions.create({ messages, stream: true });
    for await (const chunk of stream) if (chunk.choices.length > 0) break;
    await expect.poll(() => nodes[0]?.requests[0]?.aborted, { timeout: 60_000 }).toBe(true);
  });

  test("a cut stream is a typed error", async () => {
    const ai = await clientFor([{ kind: "stall", at: 9 }]);
    const stream = await ai.chat.completions.create({ messages, stream: true });
    const read = async (): Promise<void> => {
      for await (const chunk of stream) expect(chunk.object).toBe("chat.completion.chunk");
    };
    await expect(read()).rejects.toMatchObject({ code: "timeout", retryable: true });
  });
});

describe("policy", () => {
  test("explain lists candidates and the reasons of the rest, and runs nothing", async () => {
    const ai = await clientFor([{ kind: "none" }], {
      cloud: { edge: "https://edge.invalid", apiKey: "k" },
    });
    const { decision } = ai.explain({ messages }, { policy: { privacy: "own-network" } });
    expect(decision).toMatchObject({
      kind: "route",
      ranked: [{ node: "n0" }],
      rejected: [{ node: "edge", reason: "privacy" }],
    });
    expect(nodes[0]?.requests).toEqual([]);
  });

  test("a denial of privacy is an error, never another route", async () => {
    const ai = await clientFor([{ kind: "none" }]);
    const sent = ai.chat.completions.create({ messages }, { policy: { privacy: "device" } });
    await expect(sent).rejects.toMatchObject({ code: "privacy_denied", retryable: false });
    expect(nodes[0]?.requests).toEqual([]);
  });

  test("the local client has no way to leave the device", async () => {
    const local = await nodeWith({ kind: "none" });
    const asked: string[] = [];
    const engine = (baseUrl: string) => ({
      plan: () => Promise.resolve(null),
      status: () => ({ state: "ready" as const, progress: null, reason: null }),
      prepare: () => Promise.resolve(),
      target: () => target(baseUrl),
    });
    const made = new Map<string, ReturnType<typeof describeTarget>>();
    const describeTarget = (baseUrl: string) => ({
      name: "local",
      baseUrl,
      privacy: "device" as const,
    });
    const target = (baseUrl: string) => {
      const known = made.get(baseUrl) ?? describeTarget(baseUrl);
      made.set(baseUrl, known);
      return known;
    };
    const spy: typeof fetch = (input, init) => {
      asked.push(input instanceof Request ? input.url : input.toString());
      return fetch(input, init);
    };
    const here = createLocalClient({ model: "scripted", local: engine(local.baseUrl), fetch: spy });
    expect((await here.chat.completions.create({ messages })).choices[0]?.message.content).toBe(
      answer,
    );
    const away = createLocalClient({
      model: "scripted",
      local: engine("http://203.0.113.7:80/v1"),
      fetch: spy,
    });
    await expect(away.chat.completions.create({ messages })).rejects.toMatchObject({
      name: "QwqError",
    });
    expect(asked).toEqual([`${local.baseUrl}/chat/completions`]);
  });
});

test("cloud now, local when ready: answers move over", async () => {
  const local = await nodeWith({ kind: "none" });
  let ready = false;
  const target = { name: "local", baseUrl: local.baseUrl, privacy: "device" as const };
  const ai = await clientFor([{ kind: "none" }], {
    policy: { objective: "prefer-local" },
    local: {
      plan: () => Promise.resolve({ quantization: "Q4_K_M" }),
      status: () => ({ state: ready ? "ready" : "downloading", progress: 0.5, reason: null }),
      prepare: ({ onProgress }) => {
        onProgress?.({ phase: "load", done: 1, total: 1 });
        ready = true;
        return Promise.resolve();
      },
      target: () => (ready ? target : null),
    },
  });
  const nodeOf = async (): Promise<string> =>
    (await (await ai.chat.completions.create({ messages })).receipt).node;
  expect(await nodeOf()).toBe("n0");
  expect(ai.status().state).toBe("downloading");
  await ai.prepare();
  expect(await nodeOf()).toBe("local");
  expect(await ai.plan()).toEqual({ quantization: "Q4_K_M" });
});

describe("other clients, unchanged", () => {
  test("OpenAI's", async () => {
    const ai = await clientFor([{ kind: "none" }]);
    const client = new OpenAI({ baseURL: ai.baseURL, fetch: ai.fetch, apiKey: "-", maxRetries: 0 });
    const stream = await client.chat.completions.create({
      model: "scripted",
      messages,
      stream: true,
    });
    let text = "";
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
    expect(text).toBe(answer);
    const bad = await clientFor([{ kind: "status", status: 429, retryAfter: "3" }]);
    const failing = new OpenAI({
      baseURL: bad.baseURL,
      fetch: bad.fetch,
      apiKey: "-",
      maxRetries: 0,
    });
    await expect(
      failing.chat.completions.create({ model: "scripted", messages }),
    ).rejects.toBeInstanceOf(OpenAI.RateLimitError);
  });

  test("the AI SDK: reasoning and text apart, receipt in the metadata, errors of its own kind", async () => {
    const ai = await clientFor([{ kind: "none" }]);
    const model: LanguageModelV4 = ai.languageModel();
    const older: LanguageModelV3 = ai.languageModelV3();
    for (const one of [model, older]) {
      const streamed = streamText({ model: one, prompt: "hi" });
      let text = "";
      for await (const part of streamed.textStream) text += part;
      expect({ text, reasoning: await streamed.reasoningText }).toEqual({
        text: answer,
        reasoning: thought,
      });
      const whole = await generateText({ model: one, prompt: "hi" });
      expect({ text: whole.text, reasoning: whole.reasoningText }).toEqual({
        text: answer,
        reasoning: thought,
      });
      expect(whole.providerMetadata?.["qwqFit"]).toMatchObject({ node: "n0" });
    }
    const bad = await clientFor([{ kind: "status", status: 503 }]);
    const failing = generateText({ model: bad.languageModel(), prompt: "hi", maxRetries: 0 });
    await expect(failing).rejects.toSatisfy((error) => APICallError.isInstance(error));
  });
});
