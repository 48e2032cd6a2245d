import { createClient } from "@qwq-fit/client";
import OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { answeringServer, clientOf, saying, streaming } from "./answering-server.ts";

const messages = [{ role: "user" as const, content: "hi" }];
const busy = (seconds: string) =>
  [429, { error: { message: "busy" } }, { "retry-after": seconds }] as const;

describe("Retry-After", () => {
  test("is waited out, and the same idempotency key goes with each try", async () => {
    const { ai, asked } = await clientOf([busy("0.05"), busy("0.05"), saying("at last")]);
    const got = await ai.chat.completions.create({ messages }, { idempotencyKey: "order-7" });
    expect(got.choices[0]?.message.content).toBe("at last");
    expect(asked.map(({ headers }) => headers["idempotency-key"])).toEqual(
      Array.from({ length: 3 }, () => "order-7"),
    );
  });

  test("is not waited for past the deadline, nor more often than is allowed", async () => {
    const { ai, asked } = await clientOf([busy("30")]);
    const limits = { deadlineMs: 20_000 };
    const errors: unknown[] = [];
    const late = ai.chat.completions.create({ messages, max_tokens: 1 }, { policy: { limits } });
    await late.catch((error: unknown) => errors.push(error));
    expect(errors).toMatchObject([{ code: "saturated", retryable: true, target: "own" }]);
    expect(errors).toMatchObject([{ retryAfterMs: 30_000, receipt: { attempts: [{}] } }]);
    const never = await clientOf([busy("0.01")], { maxRetries: 0 });
    await expect(never.ai.chat.completions.create({ messages })).rejects.toMatchObject({
      code: "saturated",
    });
    const twice = await clientOf([busy("0.01")]);
    await expect(twice.ai.embeddings.create({ input: "a" })).rejects.toMatchObject({
      code: "saturated",
    });
    expect([asked, never.asked, twice.asked].map((list) => list.length)).toEqual([1, 1, 3]);
  });

  test("a wait ends with the caller's abort", async () => {
    const { ai, asked } = await clientOf([busy("30")], {
      hooks: { onReceipt: () => setTimeout(() => abort.abort(), 0) },
    });
    const abort = new AbortController();
    const waiting = ai.chat.completions.create({ messages }, { signal: abort.signal });
    await expect(waiting).rejects.toMatchObject({ code: "aborted", name: "AbortError" });
    expect(asked).toHaveLength(1);
  });
});

describe("what a caller says passes through", () => {
  const tools = [
    { type: "function" as const, function: { name: "look", parameters: { type: "object" } } },
  ];
  const call = {
    id: "call_1",
    type: "function" as const,
    function: { name: "look", arguments: '{"at":1}' },
  };

  test("tools, their calls and their results", async () => {
    const { ai, asked } = await clientOf([saying("", { tool_calls: [call] }), saying("done")]);
    const first = await ai.chat.completions.create({ messages, tools, tool_choice: "auto" });
    const { tool_calls: calls } = first.choices[0]?.message ?? {};
    expect(calls).toEqual([call]);
    const told = [
      ...messages,
      { role: "assistant" as const, content: null, tool_calls: [call] },
      { role: "tool" as const, tool_call_id: "call_1", content: "a tree" },
    ];
    await ai.chat.completions.create({ messages: told, tools });
    expect(asked.map(({ body }) => body)).toEqual([
      { model: "m", messages, tools, tool_choice: "auto" },
      { model: "m", messages: told, tools },
    ]);
  });

  test("tool calls in pieces of a stream", async () => {
    const piece = (more: object) => ({ tool_calls: [{ index: 0, ...more }] });
    const { ai } = await clientOf([
      streaming(
        [
          piece({ id: "c", type: "function", function: { name: "look", arguments: "" } }),
          piece({ function: { arguments: '{"at"' } }),
          piece({ function: { arguments: ":1}" } }),
        ],
        "tool_calls",
      ),
    ]);
    let text = "";
    for await (const { choices } of await ai.chat.completions.create({
      messages,
      tools,
      stream: true,
    })) {
      text += choices[0]?.delta.tool_calls?.[0]?.function?.arguments ?? "";
    }
    expect(JSON.parse(text)).toEqual({ at: 1 });
  });

  test("images, where the target sees; elsewhere they are refused before anything is sent", async () => {
    const url = "data:image/png;base64,AAAA";
    const seen = [
      { role: "user" as const, content: [{ type: "image_url" as const, image_url: { url } }] },
    ];
    const capabilities = { vision: true };
    const sees = await clientOf([saying("a cat")], {}, { capabilities });
    await sees.ai.chat.completions.create({ messages: seen });
    expect(sees.asked[0]?.body).toEqual({ model: "m", messages: seen });
    const blind = await clientOf([saying("?")]);
    await expect(blind.ai.chat.completions.create({ messages: seen })).rejects.toMatchObject({
      code: "unsupported_combination",
    });
    expect(blind.asked).toEqual([]);
  });

  test("embeddings, their dimensions and format", async () => {
    const answer = { object: "list", model: "m", data: [{ index: 0, embedding: [1, 2] }] };
    const { ai, asked } = await clientOf([[200, answer]]);
    const request = { input: ["sea"], dimensions: 2, encoding_format: "float" };
    expect(await ai.embeddings.create(request)).toEqual(answer);
    expect(asked).toMatchObject([{ path: "/v1/embeddings", body: { model: "m", ...request } }]);
  });
});

test("tokens are counted by a near engine that can, else estimated; no cloud is told the text", async () => {
  const near = await clientOf([[200, { input_tokens: 17 }]]);
  expect(await near.ai.countTokens({ messages })).toEqual({
    tokens: 17,
    method: "counted",
    target: "own",
  });
  expect(near.asked).toMatchObject([{ path: "/v1/messages/count_tokens", body: { messages } }]);
  const deaf = await clientOf([[404, {}]]);
  const estimated = { method: "estimated", target: null };
  expect(await deaf.ai.countTokens({ messages })).toMatchObject(estimated);
  const far = await clientOf([[200, { input_tokens: 17 }]], {}, { privacy: "any" });
  const count = await far.ai.countTokens({ messages });
  expect(count).toMatchObject(estimated);
  expect(count.tokens).toBeGreaterThan(0);
  expect(far.asked).toEqual([]);
});

test("battery and metered network count: work moves off the device, or stays on it", async () => {
  const { baseUrl } = await answeringServer(saying("here"));
  const cloud = await answeringServer(saying("there"));
  const power = { onBattery: false, meteredNetwork: false };
  const ai = createClient({
    model: "m",
    policy: { objective: "fastest" },
    targets: [
      { name: "device", baseUrl, privacy: "device", slots: 4 },
      { name: "cloud", baseUrl: cloud.baseUrl, privacy: "any", slots: 4 },
    ],
    power: () => power,
  });
  const nodeOf = async (): Promise<string> =>
    (await (await ai.chat.completions.create({ messages })).receipt).node;
  power.onBattery = true;
  expect(await nodeOf()).toBe("cloud");
  Object.assign(power, { onBattery: false, meteredNetwork: true });
  expect(await nodeOf()).toBe("device");
});

test("a request through fetch wishes by headers as at the router; privacy only narrower", async () => {
  const { ai, asked } = await clientOf([saying("ok")], { policy: { privacy: "own-network" } });
  const client = new OpenAI({ baseURL: ai.baseURL, fetch: ai.fetch, apiKey: "-", maxRetries: 0 });
  const ask = (headers: Record<string, string>) =>
    client.chat.completions.create({ model: "m", messages }, { headers });
  await expect(ask({ "x-qwq-privacy": "device" })).rejects.toBeInstanceOf(
    OpenAI.PermissionDeniedError,
  );
  await expect(ask({ "x-qwq-privacy": "here" })).rejects.toBeInstanceOf(OpenAI.BadRequestError);
  expect(asked).toEqual([]);
  await ask({ "x-qwq-privacy": "any", "x-qwq-mode": "hold", "idempotency-key": "k1" });
  expect(asked).toMatchObject([{ headers: { "idempotency-key": "k1" } }]);
});
