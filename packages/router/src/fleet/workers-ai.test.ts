import { DEFAULT_LIMITS } from "@qwq-fit/relay";
import { expect, test } from "vitest";
import { createRouter } from "../api/app.ts";
import { readConfig } from "../config/parse-config.ts";
import { createMemoryState } from "../guard/memory-state.ts";
import type { AiBinding } from "./workers-ai.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A binding that answers with these bytes a piece at a time, as Cloudflare's documentation shows them. */
function bindingOf(pieces: readonly string[], seen: unknown[] = []): AiBinding {
  return {
    run: (model, input) => {
      seen.push({ model, ...input });
      if (input["stream"] !== true) {
        const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
        return Promise.resolve({ response: "hmm</think>yes", usage });
      }
      return Promise.resolve(
        new ReadableStream<Uint8Array>({
          start: (controller) => {
            for (const piece of pieces) controller.enqueue(bytes(piece));
            controller.close();
          },
        }),
      );
    },
  };
}

async function ask(
  binding: AiBinding,
  change: Readonly<Record<string, unknown>> = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const config = readConfig({
    insecureDev: true,
    nodes: [
      {
        name: "edge",
        engine: "workers-ai",
        upstreamModel: "@cf/qwen/qwq-32b",
        models: [{ id: "qwq-32b", contextTokens: 24_000 }],
      },
    ],
    limits: { ...DEFAULT_LIMITS, attempts: 1 },
  });
  const router = createRouter(config, {
    fetch: () => Promise.reject(new Error("no HTTP is used")),
    now: () => Date.now(),
    monotonic: () => performance.now(),
    random: () => 0,
    timer: (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    id: () => "id",
    secret: () => undefined,
    log: () => undefined,
    state: createMemoryState(),
    ai: binding,
  });
  const body = {
    model: "qwq-32b",
    stream: true,
    messages: [{ role: "user", content: "hi" }],
    ...change,
  };
  return router.fetch(
    new Request("http://router.test/v1/chat/completions", {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    }),
  );
}

const STREAM =
  'data: {"response":"so "}\n\ndata: {"response":"</think>yes","p":"abc"}\n\ndata: {"response":"","usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}\n\ndata: [DONE]\n\n';

test("the binding's stream becomes OpenAI's, however it is cut", async () => {
  for (const size of [1, 5, 1000]) {
    const pieces = STREAM.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
    const seen: unknown[] = [];
    const text = await (await ask(bindingOf(pieces, seen))).text();
    expect(text).toContain('"delta":{"content":"so "}');
    expect(text).toContain('"finish_reason":"stop"');
    expect(text).toContain('"completion_tokens":2');
    expect(text).toContain("data: [DONE]\n\n");
    expect(seen).toMatchObject([{ model: "@cf/qwen/qwq-32b", stream: true }]);
  }
});

test("a stream that ends early is told as broken, and a used-up cap as a length", async () => {
  const cut = await (await ask(bindingOf([STREAM.slice(0, 60)]))).text();
  expect(cut).not.toContain("[DONE]");
  expect(cut).toContain('"error"');
  const capped = await (await ask(bindingOf([STREAM]), { max_tokens: 2 })).text();
  expect(capped).toContain('"finish_reason":"length"');
});

test("thought without its opening tag is put apart where it is asked for", async () => {
  const text = await (
    await ask(bindingOf([STREAM]), {}, { "x-qwq-reasoning": "thought-first" })
  ).text();
  expect(text).toContain('"reasoning_content":"so"');
  expect(text).toContain('"content":"yes"');
  const whole: unknown = await (
    await ask(bindingOf([]), { stream: false }, { "x-qwq-reasoning": "thought-first" })
  ).json();
  expect(whole).toMatchObject({
    choices: [{ message: { content: "yes", reasoning_content: "hmm" }, finish_reason: "stop" }],
  });
});

test("a prompt past 24,000 tokens is refused before the binding is asked", async () => {
  const seen: unknown[] = [];
  const content = "words and words ".repeat(8000);
  const response = await ask(bindingOf([], seen), { messages: [{ role: "user", content }] });
  expect([response.status, seen]).toEqual([400, []]);
});
