// One contract: thought stands in `reasoning_content` and in the AI SDK's reasoning parts, whatever the target sent.
import type { ClientOptions } from "@qwq-fit/client";
import { generateText, streamText } from "ai";
import OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { type Answer, clientOf, saying, streaming } from "./answering-server.ts";

const messages = [{ role: "user" as const, content: "hi" }];
const cut = (text: string): object[] => Array.from(text, (content) => ({ content }));

/** How targets send thought: the streamed deltas, and the whole message. */
const WAYS: readonly [string, readonly object[], object, Partial<ClientOptions>][] = [
  [
    "reasoning_content (llama-server, DeepSeek, ours)",
    [{ role: "assistant" }, { reasoning_content: "hm" }, { content: "so" }],
    { reasoning_content: "hm" },
    {},
  ],
  [
    "reasoning (vLLM, Ollama, OpenRouter)",
    [{ role: "assistant" }, { reasoning: "h" }, { reasoning: "m" }, { content: "so" }],
    { reasoning: "hm" },
    {},
  ],
  ["tags in the text, cut anywhere", cut("<think>\nhm\n</think>\n\nso"), {}, {}],
  ["a closing tag alone", cut("hm\n</think>\n\nso"), {}, { reasoning: "thought-first" }],
];
const wholeOf = (deltas: readonly object[], message: object): Answer =>
  saying(
    deltas.map((delta) => ("content" in delta ? String(delta.content) : "")).join(""),
    message,
  );

describe.each(WAYS)("%s", (_, deltas, message, options) => {
  test("streamed, in OpenAI's shape", async () => {
    const { ai } = await clientOf([streaming(deltas)], options);
    let [thought, text] = ["", ""];
    const stream = await ai.chat.completions.create({ messages, stream: true });
    for await (const { choices } of stream) {
      thought += choices[0]?.delta.reasoning_content ?? "";
      text += choices[0]?.delta.content ?? "";
    }
    expect([thought, text]).toEqual(["hm", "so"]);
  });

  test("whole, in OpenAI's shape", async () => {
    const { ai } = await clientOf([wholeOf(deltas, message)], options);
    const answer = await ai.chat.completions.create({ messages });
    expect(answer.choices[0]?.message).toMatchObject({ reasoning_content: "hm", content: "so" });
  });

  test("through fetch, to OpenAI's own client", async () => {
    const { ai } = await clientOf([streaming(deltas)], options);
    const client = new OpenAI({ baseURL: ai.baseURL, fetch: ai.fetch, apiKey: "-" });
    let [thought, text] = ["", ""];
    const request = { model: "m", messages, stream: true as const };
    for await (const { choices } of await client.chat.completions.create(request)) {
      const delta: { content?: string | null; reasoning_content?: string } =
        choices[0]?.delta ?? {};
      thought += delta.reasoning_content ?? "";
      text += delta.content ?? "";
    }
    expect([thought, text]).toEqual(["hm", "so"]);
  });

  test("as the AI SDK's parts", async () => {
    const { ai } = await clientOf([wholeOf(deltas, message), streaming(deltas)], options);
    const whole = await generateText({ model: ai.languageModel(), prompt: "hi" });
    expect([whole.reasoningText, whole.text]).toEqual(["hm", "so"]);
    const streamed = streamText({ model: ai.languageModel(), prompt: "hi" });
    expect([await streamed.reasoningText, await streamed.text]).toEqual(["hm", "so"]);
  });
});

test("as-sent leaves all as it came; a tag inside an answer is text", async () => {
  const tagged = cut("<think>hm</think>so");
  const sent = await clientOf([streaming(tagged)], { reasoning: "as-sent" });
  const quoting = await clientOf([streaming(cut("Use <think> tags."))]);
  for (const [{ ai }, wanted] of [
    [sent, "<think>hm</think>so"],
    [quoting, "Use <think> tags."],
  ] as const) {
    let text = "";
    const stream = await ai.chat.completions.create({ messages, stream: true });
    for await (const { choices } of stream) text += choices[0]?.delta.content ?? "";
    expect(text).toBe(wanted);
  }
});
