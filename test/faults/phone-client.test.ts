import { ClientError, createClient } from "@qwq-fit/client";
import { createRouter, readConfig, type Router } from "@qwq-fit/router";
import { reasoningOf } from "@qwq-fit/wire";
import { afterAll, beforeAll, expect, test } from "vitest";
import { answerSource } from "../support/answer-source.ts";
import type { Fault } from "../support/fault.ts";
import { lossyFetch } from "../support/lossy-fetch.ts";
import { testPorts } from "../support/router-ports.ts";
import { type ScriptedNode, startScriptedNode } from "../support/scripted-node.ts";

const source = answerSource(24);
const messages = [{ role: "user" as const, content: "hi" }];
const resumable = { headers: { "x-qwq-resumable": "on" } };
let node: ScriptedNode;
let router: Router;
let fault: Fault = { kind: "none" };

beforeAll(async () => {
  const manner = { comments: true, noLastNewline: false, afterDone: false, writeBytes: 60 };
  node = await startScriptedNode({
    source,
    fault: () => fault,
    manner: () => ({ ...manner, lineEnd: "\n" }),
  });
  const config = {
    insecureDev: true,
    answers: { mostPerCaller: 1e6 },
    nodes: [{ name: "node", url: node.baseUrl, models: [{ id: "scripted" }], slots: 100 }],
    limits: { firstTokenMs: 120_000, idleMs: 120_000, headersMs: 120_000 },
  };
  router = createRouter(readConfig(config), testPorts());
}, 180_000);
afterAll(() => node.close());

const direct: typeof fetch = async (input, init) => router.fetch(new Request(input, init));
const clientOver = (send: typeof fetch) =>
  createClient({
    model: "scripted",
    cloud: { edge: "http://edge.test" },
    fetch: send,
    maxRetries: 0,
  });

test("the client reads whole answers over a network that loses connections, each generated once", async () => {
  const before = node.requests.length;
  const ask = async (seed: number): Promise<number> => {
    const network = lossyFetch(direct, seed, 10);
    const { completions } = clientOver(network.fetch).chat;
    const stream = await completions.create({ messages, stream: true }, resumable);
    let [thought, answer] = ["", ""];
    for await (const { choices } of stream) {
      thought += reasoningOf(choices[0]?.delta ?? {}) ?? "";
      answer += choices[0]?.delta.content ?? "";
    }
    expect({ seed, thought, answer }).toEqual({
      seed,
      thought: source.thought.join(""),
      answer: source.answer.join(""),
    });
    return network.losses();
  };
  const losses = await Promise.all(Array.from({ length: 40 }, (_, seed) => ask(seed)));
  expect(node.requests.length - before).toBe(40);
  // Or the test would not test anything.
  expect(losses.reduce((sum, one) => sum + one, 0)).toBeGreaterThan(80);
}, 120_000);

test("a whole answer that is cut off is asked for again by its key", async () => {
  for (let seed = 0; seed < 10; seed++) {
    const before = node.requests.length;
    const network = lossyFetch(direct, seed, 2);
    const answer = await clientOver(network.fetch).chat.completions.create({ messages }, resumable);
    expect(answer.choices[0]?.message.content).toBe(source.answer.join(""));
    expect(node.requests.length - before).toBe(1);
  }
}, 120_000);

test("leaving early cancels the answer at the node", async () => {
  fault = { kind: "stall", at: 9 };
  const before = node.requests.length;
  const stream = await clientOver(direct).chat.completions.create(
    { messages, stream: true },
    resumable,
  );
  for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
  await expect.poll(() => node.requests[before]?.aborted, { timeout: 60_000 }).toBe(true);
  fault = { kind: "none" };
}, 120_000);

test("an answer that failed is told as its error, and not asked for again and again", async () => {
  fault = { kind: "clean-end-without-finish", at: 12 };
  const stream = await clientOver(direct).chat.completions.create(
    { messages, stream: true },
    resumable,
  );
  const read = async (): Promise<void> => {
    for await (const chunk of stream) expect(chunk.object).toBe("chat.completion.chunk");
  };
  await expect(read()).rejects.toBeInstanceOf(ClientError);
  fault = { kind: "none" };
}, 120_000);
