import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI from "openai";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Listening } from "../../packages/engine/src/testing/listen.ts";
import { startLlamaServerDouble } from "../../packages/engine/src/testing/llama-server-double.ts";
import { FLAVORS, startOpenAiServer } from "../../packages/engine/src/testing/openai-server.ts";
import { startCommand } from "../support/long-command.ts";
import type { LongCommand } from "../support/long-command.ts";
import { isBuilt, runCommand } from "../support/run-command.ts";
import type { RunOptions } from "../support/run-command.ts";

const [THOUGHTS, WORDS] = [4, 6];
const THOUGHT = " t0 t1 t2 t3";
const ANSWER = " w0 w1 w2 w3 w4 w5";

/** Strict servers in the forms of the engines: a field that an engine does not document is refused. */
const ENGINES = {
  ollama: () => startOpenAiServer(FLAVORS.ollama, THOUGHTS, WORDS),
  "lm-studio": () => startOpenAiServer(FLAVORS["lm-studio"], THOUGHTS, WORDS),
  vllm: () => startOpenAiServer(FLAVORS.vllm, THOUGHTS, WORDS),
  mlx: () => startOpenAiServer(FLAVORS.mlx, THOUGHTS, WORDS),
  "llama-server": () =>
    startLlamaServerDouble({ thoughts: THOUGHTS, words: WORDS, contextTokens: 600, slots: 2 }),
} as const;

describe.skipIf(!isBuilt)("qwq-fit serve --attach", () => {
  let folder = "";
  const started: LongCommand[] = [];
  const engines: Listening[] = [];
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "qwq-fit-attach-"));
  });
  afterEach(async () => {
    for (const command of started) command.kill("SIGKILL");
    await Promise.all(started.splice(0).map(({ ended }) => ended));
    await Promise.all(engines.splice(0).map((engine) => engine.close()));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const here = (name: string): RunOptions => ({
    env: { HOME: folder, QWQ_FIT_STATE_DIR: join(folder, name) },
  });
  const run = async (name: keyof typeof ENGINES): Promise<Listening> => {
    const engine = await ENGINES[name]();
    engines.push(engine);
    return engine;
  };
  const attach = (name: string, origin: string, ...more: string[]): LongCommand => {
    const command = startCommand(["serve", ...more, "--attach", `${origin}/v1`], here(name));
    started.push(command);
    return command;
  };

  test.for(Object.keys(ENGINES) as (keyof typeof ENGINES)[])(
    "%s that runs already is served with its thought apart",
    async (name) => {
      const engine = await run(name);
      const command = attach(name, engine.origin);
      const ready = await command.until("ready");
      expect(command.events).toContainEqual(
        expect.objectContaining({ event: "attached", engine: name, model: "scripted" }),
      );
      expect(ready).toMatchObject({ model: "scripted", settings: null });
      const url = String(ready["url"]);
      const client = new OpenAI({ baseURL: url, apiKey: "none", maxRetries: 0 });
      const messages = [{ role: "user" as const, content: "hello" }];
      const question = { model: "any", messages, temperature: 0, stream: true } as const;
      const said = { thought: "", answer: "" };
      for await (const { choices } of await client.chat.completions.create(question)) {
        const delta: { content?: string | null; reasoning_content?: string } =
          choices[0]?.delta ?? {};
        said.thought += delta.reasoning_content ?? "";
        said.answer += delta.content ?? "";
      }
      expect(said).toEqual({ thought: THOUGHT, answer: ANSWER });
      const node: unknown = await (await fetch(`${url}/node`)).json();
      expect(node).toMatchObject({ node: { engine: name }, plan: null });
      command.kill("SIGTERM");
      expect(await command.ended).toBe(0);
      // It was not ours to end: the engine still answers.
      expect((await fetch(`${engine.origin}/health`)).status).toBeLessThan(500);
    },
  );

  test("an engine that ends under it is told as such, and the server lives", async () => {
    const engine = await run("vllm");
    const command = attach("gone", engine.origin);
    const url = String((await command.until("ready"))["url"]);
    const ask = (): Promise<Response> =>
      fetch(`${url}/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ messages: [{ role: "user", content: "hi" }] }),
      });
    await engine.close();
    const refused = await ask();
    expect(refused.status).toBeGreaterThanOrEqual(500);
    expect(await refused.json()).toMatchObject({ error: { code: "network" } });
    expect((await fetch(`${url}/models`)).status).toBe(200);
  });

  test("--dry-run tells what is there, and starts nothing", async () => {
    const engine = await run("vllm");
    const args = ["serve", "--attach", engine.origin, "--dry-run", "--json"];
    expect(JSON.parse((await runCommand(args, here("dry"))).out)).toMatchObject({
      engine: "vllm",
      version: "1.2.3",
      model: "scripted",
      contextTokens: 600,
      capabilities: { continuation: true },
    });
  });

  test.for([
    ["another machine", ["--attach", "http://10.0.0.9:8000"], "usage", /this machine/u],
    ["no address", ["--attach", "ollama"], "usage", /address/u],
    ["a setting of its own", ["--attach", "URL", "--threads", "2"], "usage", /--threads/u],
    [
      "a model that it has not",
      ["qwq-32b", "--attach", "URL"],
      "unknown_model",
      /It has: scripted/u,
    ],
    ["nobody there", ["--attach", "http://127.0.0.1:9"], "network", /nothing answers/u],
  ] as const)("%s is refused with its reason", async ([, words, code, told]) => {
    const engine = await run("ollama");
    const args = words.map((word) => (word === "URL" ? engine.origin : word));
    const ran = await runCommand(["serve", ...args, "--json"], here("refused"));
    const last = JSON.parse(ran.out.trim().split("\n").at(-1) ?? "") as {
      error: Record<string, string>;
    };
    expect(last.error["code"]).toBe(code);
    expect(`${last.error["message"]} ${last.error["hint"] ?? ""}`).toMatch(told);
    expect(ran.code).not.toBe(0);
  });
});
