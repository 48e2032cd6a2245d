import { setImmediate } from "node:timers/promises";
import { QwqError } from "@qwq-fit/schema";
import { describe, expect, test } from "vitest";
import type { Engine } from "../engine.ts";
import { createScriptedEngine } from "../testing/scripted-engine.ts";
import { readStream, serveApi } from "./testing/serve-api.ts";
import { createTextEngine } from "./testing/text-engine.ts";

const PATH = "/v1/chat/completions";
const messages = [{ role: "user", content: "hi" }];

/** A promise and its resolver. */
function gate(): { readonly open: () => void; readonly passed: Promise<void> } {
  let open = (): void => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, passed };
}

describe("a long prefill", () => {
  test("headers and comments come while the engine is silent, then the answer", async () => {
    const silence = gate();
    const engine = createTextEngine({ say: () => "</think>ok", tick: () => silence.passed });
    const api = await serveApi(() => Promise.resolve(engine));
    const response = await api.post(PATH, { messages, stream: true });
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    let text = "";
    const read = async (until: string): Promise<void> => {
      while (!text.includes(until)) {
        const { done, value } = await reader.read();
        if (done) break;
        text += new TextDecoder().decode(value);
      }
    };
    await read(": ping\n\n: ping\n\n");
    expect(text).not.toContain("data:");
    silence.open();
    await read("[DONE]");
    const said = [...text.matchAll(/"content":"(\w+)"/g)].map((match) => match[1]);
    expect(said.join("")).toBe("ok");
  });

  test("the comments tell how much of the prompt is read", async () => {
    const silence = gate();
    const engine = createTextEngine({ say: () => "</think>ok", tick: () => silence.passed });
    const reading: Engine = {
      ...engine,
      async *generate(request, signal) {
        yield { type: "progress", processedTokens: 512, totalTokens: 3000 };
        yield* engine.generate(request, signal);
      },
    };
    const api = await serveApi(() => Promise.resolve(reading));
    const response = await api.post(PATH, { messages, stream: true });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const { value } = await reader.read();
    expect(new TextDecoder().decode(value)).toContain(": ping, 512 of 3000 prompt tokens read\n\n");
    await reader.cancel();
    silence.open();
  });

  test("so they do while the model is loaded, and a failed load is told in band", async () => {
    const loading = gate();
    const api = await serveApi(async () => {
      await loading.passed;
      throw new QwqError("does_not_fit", "the model does not fit");
    });
    const response = await api.post(PATH, { messages, stream: true });
    expect(response.status).toBe(200);
    const health = await fetch(`${api.url}/health`);
    expect([health.status, await health.json()]).toMatchObject([503, { status: "loading" }]);
    loading.open();
    const { events, done } = await readStream(response);
    expect(done).toBe(false);
    expect(events).toMatchObject([{ error: { code: "does_not_fit" } }]);
    expect(api.logs.at(-1)).toMatchObject({ errorCode: "does_not_fit" });
  });
});

describe("a failure", () => {
  const failing = (error: Error, after: number): Engine => {
    let tokens = 0;
    return createTextEngine({
      say: () => "</think>a long answer that is never whole",
      tick: () => {
        tokens += 1;
        return tokens > after ? Promise.reject(error) : Promise.resolve();
      },
    });
  };

  test("before the first token has its status and Retry-After", async () => {
    const busy = new QwqError("saturated", "all slots are taken", {
      details: { retryAfterMs: 1500 },
    });
    const api = await serveApi(() => Promise.resolve(failing(busy, 0)));
    for (const stream of [true, false]) {
      const response = await api.post(PATH, { messages, stream });
      expect(response.status).toBe(429);
      expect(response.headers.get("retry-after")).toBe("2");
      expect(response.headers.get("retry-after-ms")).toBe("1500");
    }
  });

  test("after it is an error in band and never a clean end", async () => {
    const crash = new QwqError("engine_crashed", "the engine died");
    const bodies = {
      [PATH]: { messages },
      "/v1/completions": { prompt: "hi", max_tokens: 100 },
      "/v1/responses": { input: "hi" },
      "/v1/messages": { messages, max_tokens: 100 },
    };
    for (const [path, body] of Object.entries(bodies)) {
      const api = await serveApi(() => Promise.resolve(failing(crash, 5)));
      const response = await api.post(path, { ...body, stream: true });
      expect(response.status).toBe(200);
      const { text } = await readStream(response);
      expect(text).toMatch(/"(delta|text)"/);
      expect(text).toContain("engine");
      expect(text).not.toMatch(/\[DONE\]|response\.completed|message_stop|"finish_reason":"/);
    }
  });

  test("of ours is told without its text", async () => {
    const api = await serveApi(() => Promise.resolve(failing(new Error("/root/secret"), 0)));
    const response = await api.post(PATH, { messages });
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("secret");
  });
});

describe("a caller who leaves", () => {
  test.each([true, false])("stops the work (stream: %s)", async (stream) => {
    const begun = gate();
    const stopped = gate();
    const engine = createTextEngine({
      say: () => "</think>never ends",
      tick: (signal) =>
        new Promise((resolve) => {
          begun.open();
          signal?.addEventListener("abort", () => {
            stopped.open();
            resolve();
          });
        }),
    });
    const api = await serveApi(() => Promise.resolve(engine));
    const controller = new AbortController();
    const call = api.post(PATH, { messages, stream }, { signal: controller.signal });
    call.catch(() => {});
    await begun.passed;
    controller.abort();
    await stopped.passed;
    await expect(call.then((response) => response.text())).rejects.toThrow(/abort/i);
  });

  test("leaves the slot free for the next", async () => {
    const engine = createScriptedEngine({ slots: 1, tick: () => setImmediate() });
    const api = await serveApi(() => Promise.resolve(engine));
    const response = await api.post(PATH, { messages, stream: true });
    await (response.body as ReadableStream).cancel();
    while (engine.state().running > 0) await setImmediate();
    expect((await api.post(PATH, { messages, max_tokens: 1 })).status).toBe(200);
  });
});
