import { once } from "node:events";
import { createServer } from "node:http";
import type { EngineName } from "@qwq-fit/schema";
import { describe, expect, onTestFinished, test } from "vitest";
import { findEngines } from "./found-engines.ts";
import type { EnginePlace } from "./found-engines.ts";
import { isServedAs } from "./served-name.ts";

/** A server that answers these paths with JSON. */
async function place(
  engine: EngineName,
  answers: Readonly<Record<string, unknown>>,
  ownedBy?: string,
): Promise<EnginePlace> {
  const server = createServer((request, response) => {
    const answer = answers[request.url ?? ""];
    response.writeHead(answer === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(typeof answer === "string" ? answer : JSON.stringify(answer));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const url = `http://127.0.0.1:${port}`;
  return ownedBy === undefined ? { engine, url } : { engine, url, ownedBy };
}
const list = (...ids: string[]): object => ({
  data: ids.map((id) => ({ id, owned_by: "library" })),
});

describe("engines found on this machine", () => {
  test("the model under the engine's own name for it", async () => {
    const ollama = await place("ollama", { "/v1/models": list("llama3:8b", "qwq:32b") });
    const studio = await place("lm-studio", { "/v1/models": list("qwen/qwq-32b") });
    expect(await findEngines("qwq-32b", [ollama, studio])).toMatchObject([
      { name: "ollama", model: "qwq:32b", privacy: "device", baseUrl: `${ollama.url}/v1` },
      { name: "lm-studio", model: "qwen/qwq-32b", privacy: "device" },
    ]);
    expect(await findEngines("qwen3-8b", [ollama, studio])).toEqual([]);
  });

  test("a model that Ollama runs elsewhere is not on this device, by its tag or by its own word", async () => {
    const tags = { models: [{ name: "qwq:32b", remote_host: "https://ollama.com:443" }] };
    const ollama = await place("ollama", {
      "/v1/models": list("qwq:32b", "qwq:32b-cloud"),
      "/api/tags": tags,
    });
    const found = await findEngines("qwq-32b", [ollama]);
    expect(found.map(({ model, privacy }) => [model, privacy])).toEqual([
      ["qwq:32b", "any"],
      ["qwq:32b-cloud", "any"],
    ]);
  });

  test("on a port that anything may have, only what names itself; garbage and silence are nothing", async () => {
    const stranger = await place("vllm", { "/v1/models": list("qwq-32b") }, "vllm");
    const own = await place(
      "vllm",
      { "/v1/models": { data: [{ id: "qwq-32b", owned_by: "vllm" }] } },
      "vllm",
    );
    const broken = await place("llama-server", { "/v1/models": "<html>" });
    const odd = await place("llama-server", { "/v1/models": { data: [null, { id: 3 }] } });
    const nobody: EnginePlace = { engine: "ollama", url: "http://127.0.0.1:9" };
    const found = await findEngines("qwq-32b", [stranger, own, broken, odd, nobody]);
    expect(found.map(({ baseUrl }) => baseUrl)).toEqual([`${own.url}/v1`]);
  });
});

test.each([
  ["qwq-32b", ["Qwen/QwQ-32B"], true],
  ["Qwen/QwQ-32B", ["qwen/qwq-32b"], true],
  ["other/QwQ-32B", ["Qwen/QwQ-32B"], false],
  ["qwq-32b", ["qwq-32b-preview"], false],
  ["/models/some-Q4_K_M-00001-of-00003.gguf", ["some-Q4_K_M"], true],
  ["/models/some.gguf", ["some-other"], false],
])("%s is served by a server of %j: %s", (asked, names, expected) => {
  expect(isServedAs(asked, names)).toBe(expected);
});
