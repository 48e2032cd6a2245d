import { describe, expect, test } from "vitest";
import { sendJson } from "../testing/http-body.ts";
import { listen } from "../testing/listen.ts";
import type { Listening } from "../testing/listen.ts";
import { startLlamaServerDouble } from "../testing/llama-server-double.ts";
import { FLAVORS, startOpenAiServer } from "../testing/openai-server.ts";
import { collect } from "../testing/collect.ts";
import { attachRunning, identifyEngine } from "./running-engine.ts";

/** A server that answers these paths, 404 elsewhere; `server` is its header. */
function answering(paths: Readonly<Record<string, unknown>>, server?: string): Promise<Listening> {
  return listen((request, response) => {
    const body = paths[request.url ?? ""];
    if (server !== undefined) response.setHeader("server", server);
    sendJson(response, body === undefined ? 404 : 200, body ?? {});
    return Promise.resolve();
  });
}

const list = (owner: string): object => ({ data: [{ id: "m", owned_by: owner }] });

describe("what runs at an address", () => {
  test.for([
    ["ollama", { "/api/version": { version: "0.12.3" }, "/v1/models": list("library") }, undefined],
    [
      "lm-studio",
      {
        "/api/v0/models": { data: [{ id: "m", state: "loaded" }] },
        "/v1/models": list("organization_owner"),
      },
      undefined,
    ],
    ["llama-server", { "/props": { build_info: "b1" }, "/v1/models": list("llamacpp") }, undefined],
    ["sglang", { "/get_server_info": { version: "0.5" }, "/v1/models": list("sglang") }, undefined],
    ["vllm", { "/version": { version: "0.11.0" }, "/v1/models": list("vllm") }, undefined],
    ["mlx", { "/v1/models": { data: [{ id: "m" }] } }, "BaseHTTP/0.6 Python/3.12.1"],
  ] as const)("%s is told by its answers", async ([engine, paths, header]) => {
    const server = await answering(paths, header);
    expect(await identifyEngine({ baseUrl: `${server.origin}/v1` })).toBe(engine);
    await server.close();
  });

  test("another program is none of them; nobody there is a network fault", async () => {
    const server = await answering({ "/v1/models": { data: [] } }, "nginx");
    await expect(identifyEngine({ baseUrl: server.origin })).rejects.toMatchObject({
      code: "unsupported_combination",
    });
    await server.close();
    await expect(identifyEngine({ baseUrl: server.origin })).rejects.toMatchObject({
      code: "network",
    });
  });
});

describe("attaching to what runs", () => {
  test("a llama-server runs one model: another one is refused", async () => {
    const size = { thoughts: 2, words: 3, contextTokens: 600, slots: 2 };
    const server = await startLlamaServerDouble(size);
    const options = { baseUrl: server.origin, model: "named otherwise" };
    const engine = await attachRunning({ ...options, isModel: (id) => id === "scripted" });
    expect(engine.info).toMatchObject({ engine: "llama-server", slots: 2, settings: null });
    const messages = [{ role: "user", content: "x" }] as const;
    const { text } = await collect(engine.generate({ prompt: { kind: "chat", messages } }));
    expect(text).toContain(" w0 w1 w2");
    await expect(attachRunning(options)).rejects.toMatchObject({
      code: "unknown_model",
      hint: "It has: scripted.",
    });
    await engine.close();
    await server.close();
  });

  test("thought is told to each engine in its own words, and refused where it has none", async () => {
    const template = { variables: { enable_thinking: false } };
    const prompt = { kind: "chat", messages: [{ role: "user", content: "x" }], template } as const;
    const ollama = await startOpenAiServer(FLAVORS.ollama, 1, 1);
    const engine = await attachRunning({ baseUrl: ollama.origin });
    // The double is strict: a field that Ollama does not document would be refused.
    expect((await collect(engine.generate({ prompt }))).end.reason).toBe("stop");
    await ollama.close();
    const studio = await answering({
      "/v1/models": { data: [{ id: "m" }] },
      "/api/v0/models": { data: [{ id: "m", state: "loaded" }] },
    });
    const other = await attachRunning({ baseUrl: studio.origin });
    await expect(collect(other.generate({ prompt }))).rejects.toMatchObject({
      code: "unsupported_combination",
    });
    await studio.close();
  });
});
