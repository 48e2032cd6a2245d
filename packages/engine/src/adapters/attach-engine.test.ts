import { describe, expect, test } from "vitest";
import { engineConformance } from "../engine.case.ts";
import { collect } from "../testing/collect.ts";
import { readJson, sendJson } from "../testing/http-body.ts";
import { listen } from "../testing/listen.ts";
import { FLAVORS, startOpenAiServer } from "../testing/openai-server.ts";
import { attachEngine } from "./attach-engine.ts";

const LATE = "its API tells the prompt's length with the usage, at the end";
const BUDGET = "its API has no budget of thought";
const TOKENS = "its API gives no tokens or template";
const GO_ON = "its API does not document going on with a message";
const STOPS = "its API does not say which stop string it was";
const CONTEXT = "its API does not tell its context; it may cut the prompt";

for (const engine of ["ollama", "lm-studio", "vllm", "mlx"] as const) {
  const vllm = engine === "vllm";
  engineConformance(
    `${engine}, attached`,
    async () => {
      const server = await startOpenAiServer(FLAVORS[engine], 20, 30);
      const attached = await attachEngine({ engine, baseUrl: `${server.origin}/v1`, slots: 3 });
      return {
        engine: attached,
        thoughts: 20,
        words: 30,
        dispose: async () => {
          await attached.close();
          await server.close();
        },
      };
    },
    {
      budget: BUDGET,
      tokens: TOKENS,
      "prompt-length": LATE,
      ...(vllm ? {} : { continuation: GO_ON, "stop-reason": STOPS, context: CONTEXT }),
    },
  );
}

describe("attaching", () => {
  test("reads version and context where the engine tells them", async () => {
    const server = await startOpenAiServer(FLAVORS.vllm, 1, 1);
    const engine = await attachEngine({ engine: "vllm", baseUrl: server.origin });
    expect(engine.info).toMatchObject({ version: "1.2.3", contextTokens: 600, model: "scripted" });
    expect((await engine.embed(["x"]).catch((e: unknown) => e)) instanceof Error).toBe(true);
    await server.close();
  });

  test("a model that is not there is told with those that are", async () => {
    const server = await startOpenAiServer(FLAVORS.ollama, 1, 1);
    const run = attachEngine({ engine: "ollama", baseUrl: server.origin, model: "other" });
    await expect(run).rejects.toMatchObject({ code: "unknown_model", hint: "It has: scripted." });
    await server.close();
  });

  test("a cloud model behind Ollama's local address is refused", async () => {
    const server = await listen(async (_, response) => {
      sendJson(response, 200, { data: [{ id: "qwen3-coder:480b-cloud" }] });
      await Promise.resolve();
    });
    const run = attachEngine({ engine: "ollama", baseUrl: server.origin });
    await expect(run).rejects.toMatchObject({ code: "privacy_denied" });
    await server.close();
  });

  test("nothing at the address is a network fault", async () => {
    const run = attachEngine({ engine: "mlx", baseUrl: "http://127.0.0.1:9" });
    await expect(run).rejects.toMatchObject({ code: "network" });
  });

  test("a stream that is cut is never an answer", async () => {
    const server = await listen(async (request, response) => {
      await readJson(request);
      if (request.url === "/v1/models") {
        sendJson(response, 200, { data: [{ id: "m" }] });
        return;
      }
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end('data: {"choices":[{"index":0,"delta":{"content":"half"}}]}\n\n');
    });
    const engine = await attachEngine({ engine: "mlx", baseUrl: server.origin });
    const run = collect(engine.generate({ prompt: { kind: "chat", messages: [] } }));
    await expect(run).rejects.toMatchObject({ code: "stream_interrupted" });
    expect(engine.state().running).toBe(0);
    await server.close();
  });

  test("what an engine cannot do is said, not sent", async () => {
    const server = await startOpenAiServer(FLAVORS.ollama, 1, 1);
    const engine = await attachEngine({ engine: "ollama", baseUrl: server.origin });
    for (const request of [
      { prompt: { kind: "text", text: "x" } },
      { prompt: { kind: "chat", messages: [] }, constraint: { kind: "gbnf", text: "x" } },
      { prompt: { kind: "chat", messages: [] }, logprobs: 1 },
    ] as const) {
      // oxlint-disable-next-line no-await-in-loop
      await expect(collect(engine.generate(request))).rejects.toMatchObject({
        code: "unsupported_combination",
      });
    }
    await server.close();
  });
});
