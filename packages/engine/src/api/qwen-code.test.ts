import OpenAI from "openai";
import { expect, test } from "vitest";
import { serveApi } from "./testing/serve-api.ts";
import { createTextEngine } from "./testing/text-engine.ts";
import type { Asked } from "./testing/text-engine.ts";

/**
 * The requests of `@qwen-code/qwen-code` 0.24.4, as a run of it against this API sent them (its prompts shortened):
 * OpenAI's client, contents as lists of parts also in tool messages, thoughts sent back as `reasoning_content`, a
 * `max_tokens` past the context.
 */
const user = { role: "user" as const, content: [{ type: "text" as const, text: "What is here?" }] };
const request = {
  model: "qwq-32b",
  max_tokens: 32_000,
  stream: true as const,
  stream_options: { include_usage: true },
  tools: [
    {
      type: "function" as const,
      function: {
        name: "glob",
        description: "finds files",
        parameters: {
          type: "object",
          properties: { pattern: { type: "string" } },
          required: ["pattern"],
          additionalProperties: false,
          $schema: "http://json-schema.org/draft-07/schema#",
        },
      },
    },
  ],
};

test("Qwen Code's tool loop, in its own requests", async () => {
  const asked: Asked[] = [];
  const engine = createTextEngine({
    say: (messages) =>
      messages.some((message) => message.role === "tool")
        ? "I see.\n</think>\n\nThe file is needle.txt."
        : 'I look.\n</think>\n\n<tool_call>\n{"name":"glob","arguments":{"pattern":"*"}}\n</tool_call>',
    onRequest: (one) => asked.push(one),
  });
  const { url } = await serveApi(() => Promise.resolve(engine));
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "x", maxRetries: 0 });
  const system = { role: "system" as const, content: "You are Qwen Code." };
  const first = client.chat.completions.stream({ ...request, messages: [system, user] });
  const { message } = (await first.finalChatCompletion()).choices[0] ?? {};
  const [call] = message?.tool_calls ?? [];
  expect(call).toMatchObject({ function: { name: "glob", arguments: '{"pattern":"*"}' } });
  const turn = {
    role: "assistant" as const,
    content: "",
    tool_calls: message?.tool_calls ?? [],
    reasoning_content: "I look.",
  };
  const result = {
    role: "tool" as const,
    tool_call_id: call?.id ?? "",
    content: [{ type: "text" as const, text: "needle.txt" }],
  };
  const second = client.chat.completions.stream({
    ...request,
    messages: [system, user, turn, result],
  });
  const answer = await second.finalChatCompletion();
  expect(answer.choices[0]).toMatchObject({
    finish_reason: "stop",
    message: { content: "The file is needle.txt." },
  });
  expect(answer.usage?.total_tokens).toBeGreaterThan(0);
  expect(asked[1]?.messages).toMatchObject([
    { role: "system" },
    { role: "user", content: "What is here?" },
    { role: "assistant", tool_calls: [{ function: { name: "glob" } }] },
    { role: "tool", content: "needle.txt", tool_call_id: call?.id },
  ]);
  expect(JSON.stringify(asked[1]?.messages)).not.toContain("I look.");
});
