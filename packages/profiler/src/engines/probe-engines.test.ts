import { describe, expect, test } from "vitest";
import type { LocalResponse } from "../ports/probe-ports.ts";
import { createRecordedPorts } from "../record/recorded-ports.ts";
import type { Recording } from "../record/recording.ts";
import { joinInstalled, ollamaPort, probeEngines } from "./probe-engines.ts";

/* Answers in the forms that the programs document; shortened to the members that count. */
function json(value: unknown, server: string | null = null): LocalResponse {
  return { status: 200, server, body: JSON.stringify(value) };
}

function probe(parts: Partial<Recording>): ReturnType<typeof probeEngines> {
  return probeEngines(createRecordedPorts({ schemaVersion: 1, ...parts }));
}

const MODELS = (owner: string): LocalResponse =>
  json({ object: "list", data: [{ id: "qwq-32b", object: "model", owned_by: owner }] });

describe("engines by port", () => {
  test("Ollama: loaded models, and those that a cloud serves through it", async () => {
    const engines = await probe({
      http: {
        "11434/api/version": json({ version: "0.12.3" }),
        "11434/api/tags": json({
          models: [
            { name: "qwq:32b", size: 19851336576 },
            { name: "gpt-oss:120b-cloud", size: 384 },
            { name: "mine:latest", size: 300, remote_host: "https://ollama.com:443" },
          ],
        }),
        "11434/api/ps": json({ models: [{ name: "qwq:32b" }] }),
      },
    });
    expect(engines).toEqual([
      {
        engine: "ollama",
        version: "0.12.3",
        binaryPath: null,
        baseUrl: "http://127.0.0.1:11434",
        models: [
          { name: "qwq:32b", loaded: true, cloud: false },
          { name: "gpt-oss:120b-cloud", loaded: false, cloud: true },
          { name: "mine:latest", loaded: false, cloud: true },
        ],
      },
    ]);
  });

  test.each([
    ["llama-server", 8080, { "8080/props": json({ build_info: "b6789-abc" }) }, "b6789-abc"],
    ["vllm", 8000, { "8000/version": json({ version: "0.11.0" }) }, "0.11.0"],
    ["sglang", 30000, { "30000/get_server_info": json({ version: "0.5.2" }) }, "0.5.2"],
    // A program is told by its answers, not by the port that it usually has.
    ["vllm", 8080, { "8080/version": json({ version: "0.11.0" }) }, "0.11.0"],
    ["llama-server", 8000, { "8000/props": json({ build_info: "b1" }) }, "b1"],
  ])("%s on %i", async (engine, port, answers, version) => {
    const http = { [`${port}/v1/models`]: MODELS(""), ...answers };
    const [found] = await probe({ http });
    expect(found).toMatchObject({ engine, version, baseUrl: `http://127.0.0.1:${port}` });
    expect(found?.models).toEqual([{ name: "qwq-32b", loaded: true, cloud: false }]);
  });

  test("LM Studio tells which models are loaded", async () => {
    const [found] = await probe({
      http: {
        "1234/v1/models": MODELS("organization_owner"),
        "1234/api/v0/models": json({
          data: [
            { id: "qwq-32b", state: "loaded" },
            { id: "other", state: "not-loaded" },
          ],
        }),
      },
    });
    expect(found).toMatchObject({
      engine: "lm-studio",
      models: [
        { name: "qwq-32b", loaded: true },
        { name: "other", loaded: false },
      ],
    });
  });

  test("LM Studio without its server greets its own clients", async () => {
    const engines = await probe({ http: { "52993/lmstudio-greeting": json({ lmstudio: true }) } });
    expect(engines).toMatchObject([{ engine: "lm-studio", baseUrl: null }]);
  });

  test("mlx_lm.server lists its cache: nothing of it is known to be loaded", async () => {
    const models = json(
      { data: [{ id: "mlx-community/QwQ-32B-4bit" }] },
      "BaseHTTP/0.6 Python/3.12.1",
    );
    const [found] = await probe({ http: { "8080/v1/models": models } });
    expect(found).toMatchObject({ engine: "mlx", models: [{ loaded: false }] });
  });

  test("a web server that answers everything is no engine", async () => {
    const page: LocalResponse = { status: 200, server: "nginx", body: "<html>hello</html>" };
    const paths = ["/v1/models", "/props", "/version", "/get_server_info", "/api/v0/models"];
    const http = Object.fromEntries(
      [...paths.map((path) => `8080${path}`), "11434/api/version"].map((key) => [key, page]),
    );
    expect(await probe({ http })).toEqual([]);
  });
});

describe("engines by binary", () => {
  test("an installed engine that does not run has a path and a version", async () => {
    const engines = await probe({
      programs: { ollama: "/usr/local/bin/ollama", "llama-server": "/usr/bin/llama-server" },
      commands: {
        "ollama --version": {
          stdout:
            "Warning: could not connect to a running Ollama instance\nollama version is 0.12.3\n",
        },
        "llama-server --version": {
          stdout: "",
          stderr: "version: 6789 (1a2b3c4d)\nbuilt with cc\n",
        },
      },
    });
    expect(engines).toMatchObject([
      { engine: "ollama", version: "0.12.3", binaryPath: "/usr/local/bin/ollama", baseUrl: null },
      { engine: "llama-server", version: "6789 (1a2b3c4d)" },
    ]);
  });

  test("a running engine and its binary are one", () => {
    const base = { engine: "ollama", models: [] } as const;
    const running = { ...base, version: "1", binaryPath: null, baseUrl: "http://127.0.0.1:11434" };
    const installed = { ...base, version: "2", binaryPath: "/bin/ollama", baseUrl: null };
    expect(joinInstalled([running], [installed])).toEqual([
      { ...running, binaryPath: "/bin/ollama" },
    ]);
  });
});

test.each([
  [undefined, 11434],
  ["0.0.0.0", 11434],
  ["127.0.0.1:8123", 8123],
  ["http://localhost:9000/", 9000],
  [":99999999", 11434],
])("OLLAMA_HOST %s has port %i", (host, port) => {
  expect(ollamaPort(host)).toBe(port);
});
