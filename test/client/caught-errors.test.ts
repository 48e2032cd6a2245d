// Every failure as users of OpenAI's SDK and of the AI SDK catch it.
import { ClientError, createClient } from "@qwq-fit/client";
import { APICallError, generateText, streamText } from "ai";
import OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { type Answer, clientOf, saying, streaming } from "./answering-server.ts";

const messages = [{ role: "user" as const, content: "hi" }];
const openAi = (ai: ReturnType<typeof createClient>): OpenAI =>
  new OpenAI({ baseURL: ai.baseURL, fetch: ai.fetch, apiKey: "-", maxRetries: 0 });
const caught = (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error);
const refusal = (status: number, headers: Record<string, string> = {}): Answer => [
  status,
  { error: { message: "inner text of the target" } },
  headers,
];
const cut = streaming([{ content: "half" }], "stop", "");

/** What a target does; our code; OpenAI's class; whether trying again may help. */
const CASES = [
  ["refuses the request", refusal(400), "invalid_request", "BadRequestError", false],
  ["refuses the key", refusal(401), "unauthorized", "AuthenticationError", false],
  ["forbids it", refusal(403), "forbidden", "PermissionDeniedError", false],
  ["has no such model", refusal(404), "unknown_model", "NotFoundError", false],
  ["is busy", refusal(429, { "retry-after": "90" }), "saturated", "RateLimitError", true],
  ["breaks", refusal(500), "upstream_error", "InternalServerError", true],
  [
    "loads",
    refusal(503, { "retry-after": "90" }),
    "no_node_available",
    "InternalServerError",
    true,
  ],
  ["sends no answer", [200, { odd: true }], "protocol_error", "InternalServerError", true],
] as const satisfies readonly (readonly [string, Answer, string, keyof typeof OpenAI, boolean])[];

describe.each(CASES)("a target that %s", (_, answer, code, name, retryable) => {
  test(`is ${code}`, async () => {
    const { ai } = await clientOf([answer]);
    const error = await caught(ai.chat.completions.create({ messages }));
    expect(error).toBeInstanceOf(ClientError);
    expect(error).toMatchObject({ code, retryable, target: "own", receipt: { attempts: [{}] } });
    expect(JSON.stringify(error)).not.toContain("inner text");
  });

  test(`is OpenAI's ${name}`, async () => {
    const { ai } = await clientOf([answer]);
    const error = await caught(openAi(ai).chat.completions.create({ model: "m", messages }));
    expect(error).toBeInstanceOf(OpenAI[name]);
  });

  test("is the AI SDK's APICallError", async () => {
    const { ai } = await clientOf([answer]);
    const error = await caught(
      generateText({ model: ai.languageModel(), prompt: "hi", maxRetries: 0 }),
    );
    expect(APICallError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ isRetryable: retryable, data: { code } });
  });
});

describe("a target that cannot be reached", () => {
  const away = { name: "own", baseUrl: "http://127.0.0.1:9/v1", privacy: "any" as const };
  const ai = createClient({ model: "m", targets: [away] });

  test("is network, InternalServerError, a retryable APICallError", async () => {
    const own = await caught(ai.chat.completions.create({ messages }));
    expect(own).toMatchObject({ code: "network", retryable: true, target: "own" });
    const openai = await caught(openAi(ai).chat.completions.create({ model: "m", messages }));
    expect(openai).toBeInstanceOf(OpenAI.InternalServerError);
    const model = createClient({ model: "m", targets: [away] }).languageModel();
    const sdk = await caught(generateText({ model, prompt: "hi", maxRetries: 0 }));
    expect(APICallError.isInstance(sdk) && sdk.isRetryable).toBe(true);
  });
});

describe("a stream that breaks after its first token", () => {
  test("is stream_interrupted, and OpenAI's APIError while it is read", async () => {
    const { ai } = await clientOf([cut]);
    const read = async (chunks: AsyncIterable<unknown>): Promise<void> => {
      for await (const _ of chunks);
    };
    const own = await ai.chat.completions.create({ messages, stream: true });
    expect(await caught(read(own))).toMatchObject({ code: "stream_interrupted", retryable: true });
    const request = { model: "m", messages, stream: true as const };
    const theirs = await openAi(ai).chat.completions.create(request);
    expect(await caught(read(theirs))).toBeInstanceOf(OpenAI.APIError);
  });

  test("is an error part and the reason `interrupted` in the AI SDK", async () => {
    const { ai } = await clientOf([cut]);
    const errors: unknown[] = [];
    const result = streamText({
      model: ai.languageModel(),
      prompt: "hi",
      onError: ({ error }) => void errors.push(error),
    });
    let reason = "";
    for await (const part of result.fullStream) {
      if (part.type === "finish-step") reason = part.finishReason;
    }
    expect(APICallError.isInstance(errors[0])).toBe(true);
    expect(reason).toBe("interrupted");
  });
});

describe("an abort by the caller", () => {
  const aborted = (): AbortSignal => {
    const abort = new AbortController();
    abort.abort();
    return abort.signal;
  };

  test("is aborted, by the name AbortError, in the AI SDK as well; OpenAI's APIUserAbortError", async () => {
    const { ai } = await clientOf([saying("never")]);
    const own = await caught(ai.chat.completions.create({ messages }, { signal: aborted() }));
    expect(own).toMatchObject({ code: "aborted", name: "AbortError", retryable: false });
    const sdk = await caught(
      generateText({ model: ai.languageModel(), prompt: "hi", abortSignal: aborted() }),
    );
    expect(sdk).toMatchObject({ name: "AbortError" });
    const request = { model: "m", messages };
    const openai = openAi(ai).chat.completions.create(request, { signal: aborted() });
    expect(await caught(openai)).toBeInstanceOf(OpenAI.APIUserAbortError);
  });
});

test("nobody who may serve: privacy_denied, PermissionDeniedError, an APICallError not to be retried", async () => {
  const policy = { privacy: "device" as const };
  const { ai, asked } = await clientOf([saying("never")], { policy });
  expect(await caught(ai.chat.completions.create({ messages }))).toMatchObject({
    code: "privacy_denied",
    retryable: false,
  });
  const openai = await caught(openAi(ai).chat.completions.create({ model: "m", messages }));
  expect(openai).toBeInstanceOf(OpenAI.PermissionDeniedError);
  const sdk = await caught(generateText({ model: ai.languageModel(), prompt: "hi" }));
  expect(APICallError.isInstance(sdk) && !sdk.isRetryable).toBe(true);
  expect(asked).toEqual([]);
});
