import { describe, expect, test } from "vitest";
import { createScriptedEngine } from "../testing/scripted-engine.ts";
import { readStream, serveApi } from "./testing/serve-api.ts";
import type { ServedApi } from "./testing/serve-api.ts";
import { createTextEngine } from "./testing/text-engine.ts";

const scripted = (): Promise<ServedApi> =>
  serveApi(() => Promise.resolve(createScriptedEngine({ thoughts: 3, words: 4 })));
const json = async (response: Promise<Response>): Promise<unknown> => await (await response).json();

describe("/v1/responses", () => {
  test("whole and streamed say the same", async () => {
    const api = await scripted();
    const whole = await json(api.post("/v1/responses", { model: "m", input: "hi" }));
    const output = [
      { type: "reasoning", content: [{ text: " t0 t1 t2" }] },
      { type: "message", content: [{ text: " w0 w1 w2 w3" }] },
    ];
    expect(whole).toMatchObject({ object: "response", status: "completed", output });
    const { text, events } = await readStream(
      await api.post("/v1/responses", { model: "m", input: "hi", stream: true }),
    );
    expect(events.at(-1)).toMatchObject({ type: "response.completed", response: { output } });
    expect(text).toContain("event: response.output_text.delta\n");
    expect(text).not.toContain("[DONE]");
  });

  test.for([
    [{}, "response.reasoning_text.delta"],
    [{ "openresponses-version": "latest" }, "response.reasoning.delta"],
  ] as const)("with headers %j thoughts come as %s", async ([headers, name]) => {
    const api = await scripted();
    const response = await fetch(`${api.url}/v1/responses`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ model: "m", input: "hi", stream: true }),
    });
    const { events } = await readStream(response);
    const thoughts = (events as { type: string }[]).filter(({ type }) =>
      /^response\.reasoning.*\.delta$/u.test(type),
    );
    expect(thoughts.map(({ type }) => type)).toEqual([name, name, name]);
  });
});

describe("/v1/messages", () => {
  const body = { model: "m", max_tokens: 100, messages: [{ role: "user", content: "hi" }] };

  test("whole and streamed say the same", async () => {
    const api = await scripted();
    const whole = await json(api.post("/v1/messages", body));
    const content = [
      { type: "thinking", thinking: " t0 t1 t2", signature: "" },
      { type: "text", text: " w0 w1 w2 w3" },
    ];
    expect(whole).toMatchObject({ type: "message", stop_reason: "end_turn", content });
    const { events } = await readStream(await api.post("/v1/messages", { ...body, stream: true }));
    expect(events[0]).toMatchObject({ type: "message_start" });
    expect(events.at(-1)).toEqual({ type: "message_stop" });
  });

  test("a prefill is continued, stop sequences are told, tokens counted", async () => {
    const api = await scripted();
    const messages = [...body.messages, { role: "assistant", content: " w0 w1" }];
    const whole = await json(
      api.post("/v1/messages", { ...body, messages, stop_sequences: [" w3"] }),
    );
    expect(whole).toMatchObject({
      content: [{ type: "text", text: " w2" }],
      stop_reason: "stop_sequence",
      stop_sequence: " w3",
    });
    const count = await json(api.post("/v1/messages/count_tokens", body));
    expect(count).toEqual({ input_tokens: expect.any(Number) });
  });
});

describe("/v1/completions", () => {
  test("goes on with the prompt as it is, whole and streamed", async () => {
    const api = await scripted();
    const whole = await json(api.post("/v1/completions", { prompt: " w0", echo: true }));
    expect(whole).toMatchObject({
      object: "text_completion",
      choices: [{ text: " w0 w1 w2 w3", finish_reason: "stop" }],
      usage: { completion_tokens: 4 },
    });
    const body = { prompt: [" w0", " w1"], n: 2, stream: true, max_tokens: 2 };
    const { events, done } = await readStream(await api.post("/v1/completions", body));
    const texts = ["", "", "", ""];
    for (const { choices } of events as { choices: { index: number; text: string }[] }[]) {
      for (const { index, text } of choices) texts[index] += text;
    }
    expect([texts, done]).toEqual([[" w1 w2", " w1 w2", " w2 w3", " w2 w3"], true]);
  });

  test("log probabilities with offsets, and what is not offered is refused", async () => {
    const api = await serveApi(() => Promise.resolve(createTextEngine({ say: () => "abcdef" })));
    const whole = await json(api.post("/v1/completions", { prompt: "x", logprobs: 1 }));
    expect(whole).toMatchObject({
      choices: [{ logprobs: { tokens: ["abc", "def"], text_offset: [0, 3] } }],
    });
    for (const wrong of [{ suffix: "y" }, { best_of: 2 }, { prompt: [] }, { logprobs: 99 }]) {
      expect((await api.post("/v1/completions", { prompt: "x", ...wrong })).status).toBe(400);
    }
  });
});

describe("/v1/embeddings", () => {
  test("of one, of several, in base64", async () => {
    const api = await serveApi(() => Promise.resolve(createTextEngine({ say: () => "" })));
    const one = await json(api.post("/v1/embeddings", { input: "abc" }));
    expect(one).toMatchObject({
      data: [{ index: 0, embedding: [3, 0.5] }],
      usage: { prompt_tokens: 7 },
    });
    const two = await json(
      api.post("/v1/embeddings", { input: ["a", "ab"], encoding_format: "base64" }),
    );
    const [, second] = (two as { data: { embedding: string }[] }).data;
    const floats = Buffer.from(second?.embedding ?? "", "base64");
    expect([floats.readFloatLE(0), floats.readFloatLE(4)]).toEqual([2, 0.5]);
    for (const wrong of [
      {},
      { input: "" },
      { input: [] },
      { input: [null] },
      { input: "a", dimensions: 3 },
    ]) {
      expect((await api.post("/v1/embeddings", wrong)).status).toBe(400);
    }
  });

  test("are refused by an engine that makes none", async () => {
    const response = await (await scripted()).post("/v1/embeddings", { input: "a" });
    expect(response.status).toBe(400);
  });
});

describe("status", () => {
  test("models, node, health and metrics", async () => {
    const api = await scripted();
    const get = async (path: string): Promise<unknown> => json(fetch(api.url + path));
    expect(await get("/v1/models")).toMatchObject({
      data: [{ id: "qwq-32b", max_model_len: 4096 }, { id: "Qwen/QwQ-32B" }],
    });
    expect(await get("/v1/models/Qwen%2FQwQ-32B")).toMatchObject({ object: "model" });
    expect((await fetch(`${api.url}/v1/models/other`)).status).toBe(404);
    expect(await get("/health")).toMatchObject({ status: "idle", freeSlots: 4 });
    await json(api.post("/v1/chat/completions", { messages: [{ role: "user", content: "hi" }] }));
    expect(await get("/health")).toMatchObject({ status: "ready", freeSlots: 4, queued: 0 });
    expect(await get("/v1/node")).toMatchObject({
      schemaVersion: 1,
      state: { status: "serveable", phase: "ready", inFlight: 0, queued: 0 },
      capabilities: { continuation: true },
      node: {
        privacy: "device",
        slots: 4,
        models: [{ id: "qwq-32b", contextTokens: 4096, quantization: "Q4_K_M" }],
        capabilities: { continuation: true, tools: true, vision: false },
      },
      model: { license: "apache-2.0" },
    });
    const metrics = await (await fetch(`${api.url}/metrics`)).text();
    expect(metrics).toContain('qwq_fit_requests_total{path="/v1/chat/completions",status="200"} 1');
    expect(metrics).toContain('qwq_fit_tokens_total{kind="reasoning"} 3');
    expect(metrics).toContain("qwq_fit_time_to_first_token_seconds_count 1");
    expect(metrics).toContain("qwq_fit_slots_free 4");
  });
});
