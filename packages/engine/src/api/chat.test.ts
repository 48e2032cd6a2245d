import { createChatAssembler, readChatData } from "@qwq-fit/wire";
import type { ChatCompletion } from "@qwq-fit/wire";
import { describe, expect, test } from "vitest";
import { createScriptedEngine } from "../testing/scripted-engine.ts";
import { readStream, serveApi } from "./testing/serve-api.ts";
import type { ServedApi } from "./testing/serve-api.ts";
import { createTextEngine } from "./testing/text-engine.ts";
import type { Asked } from "./testing/text-engine.ts";

const PATH = "/v1/chat/completions";
const user = [{ role: "user", content: "hi" }];
const words = (letter: string, from: number, to: number): string =>
  Array.from({ length: to - from }, (_, index) => ` ${letter}${from + index}`).join("");

async function whole(api: ServedApi, body: object): Promise<ChatCompletion> {
  const response = await api.post(PATH, { messages: user, ...body });
  expect(response.status).toBe(200);
  return (await response.json()) as ChatCompletion;
}

async function streamed(api: ServedApi, body: object): Promise<ChatCompletion> {
  const response = await api.post(PATH, {
    messages: user,
    stream: true,
    stream_options: { include_usage: true },
    ...body,
  });
  expect(response.status).toBe(200);
  const { events, done } = await readStream(response);
  expect(done).toBe(true);
  const assembler = createChatAssembler();
  for (const event of events) {
    const data = readChatData({ event: "message", data: JSON.stringify(event) });
    if (data.kind !== "chunk") throw new Error(JSON.stringify(event));
    assembler.push(data.chunk);
  }
  return assembler.completion();
}

describe("the scripted model", () => {
  const open = (): ReturnType<typeof serveApi> =>
    serveApi(() => Promise.resolve(createScriptedEngine({ thoughts: 5, words: 8 })));
  const message = {
    role: "assistant",
    content: words("w", 0, 8),
    reasoning_content: words("t", 0, 5),
    reasoning: words("t", 0, 5),
  };

  test("thinks under both names, answers, and counts", async () => {
    const answer = await whole(await open(), {});
    expect(answer.choices).toEqual([{ index: 0, message, finish_reason: "stop" }]);
    expect(answer.usage).toMatchObject({
      completion_tokens: 15,
      completion_tokens_details: { reasoning_tokens: 5 },
    });
    expect(answer.model).toBe("qwq-32b");
  });

  test("streams the same", async () => {
    const answer = await streamed(await open(), {});
    expect(answer.choices).toEqual([{ index: 0, message, finish_reason: "stop" }]);
    expect(answer.usage?.completion_tokens).toBe(15);
  });

  test("a cut answer is continued to exactly the same text, wherever it was cut", async () => {
    const api = await open();
    const { reasoning, content } = message;
    for (let cut = 1; cut < 14; cut += 1) {
      const first = await whole(api, { max_tokens: cut, temperature: 0 });
      const { message: part } = first.choices[0] ?? {};
      const rest = await whole(api, {
        messages: [...user, part],
        continue_final_message: true,
        temperature: 0,
      });
      const end = rest.choices[0]?.message;
      expect((part?.reasoning ?? "") + (end?.reasoning ?? "")).toBe(reasoning);
      expect((part?.content ?? "") + (end?.content ?? "")).toBe(content);
    }
  });

  test("a length limit inside the thought is told plainly", async () => {
    const answer = await whole(await open(), { max_tokens: 3 });
    expect(answer.choices[0]).toMatchObject({
      finish_reason: "length",
      message: { reasoning: " t0 t1 t2" },
    });
    expect(answer["warnings"]).toMatchObject([{ code: "length_in_thought" }]);
  });

  test("a budget closes the thought, and effort none skips it", async () => {
    const api = await open();
    const budget = await whole(api, { thinking_budget: 2 });
    expect(budget.choices[0]?.message.reasoning).toBe(" t0 t1");
    expect(budget.choices[0]?.message.content).toBe(words("w", 0, 8));
    const none = await whole(api, { reasoning_effort: "none" });
    expect(none.choices[0]?.message).toEqual({ role: "assistant", content: words("w", 0, 8) });
  });

  test("a thought that is not wanted is thought and counted, and not told", async () => {
    const api = await open();
    for (const body of [{ include_reasoning: false }, { reasoning: { exclude: true } }]) {
      const answer = await streamed(api, body);
      expect(answer.choices[0]?.message).toEqual({ role: "assistant", content: words("w", 0, 8) });
      expect(answer.usage?.completion_tokens_details?.reasoning_tokens).toBe(5);
    }
  });

  test("stop and n", async () => {
    const answer = await streamed(await open(), { stop: " w3", n: 3 });
    expect(answer.choices.map((choice) => choice.index)).toEqual([0, 1, 2]);
    for (const choice of answer.choices) {
      expect(choice).toMatchObject({
        message: { content: " w0 w1 w2" },
        finish_reason: "stop",
        stop_reason: " w3",
      });
    }
  });

  test("a prompt past the context is told as OpenAI tells it", async () => {
    const response = await (
      await open()
    ).post(PATH, {
      messages: [{ role: "user", content: "x".repeat(5000) }],
      stream: true,
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { code: "context_length_exceeded", type: "invalid_request_error" },
    });
  });
});

describe("what the engine is asked for", () => {
  async function ask(body: object): Promise<Asked> {
    const asked: Asked[] = [];
    const engine = createTextEngine({
      say: () => "a</think>b",
      onRequest: (one) => asked.push(one),
    });
    await whole(await serveApi(() => Promise.resolve(engine)), body);
    const [first] = asked;
    if (first === undefined) throw new Error("nothing was asked");
    return first;
  }

  test("the model card's sampling, never greedy by accident", async () => {
    const { request } = await ask({});
    expect(request.sampling).toEqual({ temperature: 0.6, topP: 0.95, topK: 40, minP: 0 });
  });

  test("the request's sampling goes first", async () => {
    const { request } = await ask({
      temperature: 0,
      top_p: 1,
      top_k: 0,
      seed: 7,
      frequency_penalty: 1,
      repetition_penalty: 1.1,
      logit_bias: { "5": -100 },
    });
    expect(request.sampling).toEqual({
      temperature: 0,
      topP: 1,
      minP: 0,
      seed: 7,
      frequencyPenalty: 1,
      repeatPenalty: 1.1,
      logitBias: { 5: -100 },
    });
  });

  test.each([
    [{ reasoning_content: "old thought" }],
    [{ reasoning: "old thought" }],
    [{ thinking: "old thought" }],
    [{ content: "<think>old thought</think>\n\nanswer" }],
    [{ content: "old thought\n</think>\n\nanswer" }],
  ])("history without its thought: %j", async (fields) => {
    const { messages } = await ask({
      messages: [...user, { role: "assistant", content: "answer", ...fields }, ...user],
    });
    expect(JSON.stringify(messages)).not.toContain("thought");
    expect(messages[1]).toEqual({ role: "assistant", content: "answer" });
  });

  test("an effort becomes a budget of the output", async () => {
    const { request, variables } = await ask({ reasoning_effort: "low", max_tokens: 10_000 });
    expect(request.reasoning).toEqual({ open: true, budgetTokens: 2000 });
    expect(variables).toEqual({ reasoning_effort: "low" });
  });
});
