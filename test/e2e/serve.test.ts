import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeScriptedGguf } from "@qwq-fit/models/node";
import type { ScriptedModel } from "@qwq-fit/models/node";
import type { CheckReport, FitPlan } from "@qwq-fit/schema";
import OpenAI from "openai";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { machineOf } from "../../packages/qwq-fit/src/rehearse/machine.ts";
import { measurementOf } from "../../packages/qwq-fit/src/rehearse/measurement.case.ts";
import { findNodes } from "../packaging/pack.ts";
import { childrenOf, startCommand } from "../support/long-command.ts";
import type { LongCommand } from "../support/long-command.ts";
import { isBuilt, runCommand } from "../support/run-command.ts";
import type { Ran, RunOptions } from "../support/run-command.ts";

describe.skipIf(!isBuilt)("qwq-fit serve", () => {
  let folder = "";
  let file = "";
  let model: ScriptedModel;
  const started: LongCommand[] = [];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "qwq-fit-serve-"));
    file = join(folder, "scripted.gguf");
    model = await writeScriptedGguf(file, { thinkWords: 20, words: 60 });
  });
  afterEach(async () => {
    for (const command of started) command.kill("SIGKILL");
    await Promise.all(started.splice(0).map(({ ended }) => ended));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const here = (name: string): RunOptions => ({
    env: { HOME: folder, QWQ_FIT_STATE_DIR: join(folder, name) },
  });
  // One thread: on a busy machine two that wait for each other take seconds for a token.
  const start = (name: string, args: readonly string[], more: RunOptions = {}): LongCommand => {
    const command = startCommand(["serve", file, "--threads", "1", ...args], {
      ...here(name),
      ...more,
    });
    started.push(command);
    return command;
  };
  const states = (name: string): string[] => readdirSync(join(folder, name, "servers"));
  const json = (ran: Ran): unknown => JSON.parse(ran.out);

  test("the official client gets the model's very words; ps, node, chat and stop know the server", async () => {
    const command = start("first", ["--context", "2048", "--concurrency", "2"]);
    const ready = await command.until("ready");
    expect(ready).toMatchObject({ model: "scripted", contextTokens: 2048, slots: 2 });
    const url = String(ready["url"]);
    const client = new OpenAI({ baseURL: url, apiKey: "none", maxRetries: 0 });
    const question = {
      model: "any",
      messages: [{ role: "user" as const, content: "hello" }],
      temperature: 0,
    };
    const whole = await client.chat.completions.create(question);
    expect(whole.choices[0]?.message.content).toBe(model.answer.join(""));
    let streamed = "";
    for await (const chunk of await client.chat.completions.create({ ...question, stream: true })) {
      streamed += chunk.choices[0]?.delta.content ?? "";
    }
    expect(streamed).toBe(model.answer.join(""));

    const [listed, described, second, said] = await Promise.all([
      runCommand(["ps", "--json"], here("first")),
      runCommand(["node", "describe", url, "--json"], here("first")),
      runCommand(["serve", file, "--json"], here("first")),
      runCommand(["chat", "scripted", "--thoughts", "hide"], { ...here("first"), input: "hi\n" }),
    ]);
    expect(json(listed)).toMatchObject({
      servers: [{ model: "scripted", pid: command.pid, status: "running", phase: "ready" }],
    });
    expect(listed.out).not.toContain("token");
    expect(json(described)).toMatchObject({
      performance: [{ model: "scripted", promptTokens: 1024, concurrency: 2 }],
    });
    expect(second.code).toBe(1);
    expect(second.out).toContain('"code":"locked"');
    expect(said.out).toContain(model.answer.join(""));

    const children = childrenOf(command.pid);
    const stop = await runCommand(["stop", "--json"], here("first"));
    expect(json(stop)).toMatchObject({ stopped: [ready["id"]] });
    expect(await command.ended).toBe(0);
    expect(command.events.at(-1)).toMatchObject({ event: "stopped" });
    expect(states("first")).toEqual([]);
    expect(children.length).toBe(process.platform === "linux" ? 1 : 0);
    expect(children.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
  });

  test.for(["SIGINT", "SIGTERM"] as const)("%s ends server, engine and state", async (signal) => {
    const command = start(signal, ["--context", "1024"]);
    await command.until("ready");
    const children = childrenOf(command.pid);
    command.kill(signal);
    expect(await command.ended).toBe(0);
    expect(states(signal)).toEqual([]);
    expect(children.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
  });

  test("a key that was given is asked for", async () => {
    const command = start("key", ["--context", "1024", "--api-key", "secret"]);
    const url = String((await command.until("ready"))["url"]);
    const models = (key: string): Promise<Response> =>
      fetch(`${url}/models`, { headers: { authorization: `Bearer ${key}` } });
    expect((await models("other")).status).toBe(401);
    expect((await models("secret")).status).toBe(200);
    expect(JSON.stringify(command.events)).not.toContain("secret");
  });

  test.for(findNodes().map(({ version, path }) => [version, path] as const))(
    "runs on Node %s",
    async ([version, node]) => {
      const command = start(version, ["--context", "1024"], { ...here(version), node });
      const url = String((await command.until("ready"))["url"]);
      const response = await fetch(`${url}/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ messages: [{ role: "user", content: "hi" }], temperature: 0 }),
      });
      expect(await response.text()).toContain(model.answer.join(""));
    },
  );

  test("--dry-run tells plan and settings and starts nothing", async () => {
    const args = ["serve", file, "--dry-run", "--context", "1024", "--threads", "1", "--json"];
    const value = json(await runCommand(args, here("dry")));
    expect(value).toMatchObject({
      model: "scripted",
      path: file,
      download: [],
      plan: { engine: "node-llama-cpp", contextTokens: 1024, threads: 1 },
      settings: { contextTokens: 1024, threads: 1, sequences: 1 },
    });
    expect(existsSync(join(folder, "dry"))).toBe(false);
  });

  test("--dry-run of a model that is not here tells its settings too, and fetches nothing", async () => {
    const args = ["serve", "qwen3-0.6b", "--dry-run", "--context", "1024", "--json"];
    expect(json(await runCommand(args, here("away")))).toMatchObject({
      path: null,
      download: expect.arrayContaining([expect.stringMatching(/^hf:.+Qwen3-0\.6B/u)]) as string[],
      settings: { contextTokens: 1024, sequences: 1 },
    });
    expect(existsSync(join(folder, "away"))).toBe(false);
  });

  test("settings that failed here are not tried again: the next ones down are taken", async () => {
    const args = ["--context", "8192"];
    const dry = ["serve", file, "--threads", "1", ...args, "--dry-run", "--json"];
    const { settings, plan } = json(await runCommand(dry, here("failed"))) as {
      settings: Record<string, unknown>;
      plan: { engineVersion: string };
    };
    const failure = {
      model: file,
      modelBytes: statSync(file).size,
      engineVersion: plan.engineVersion,
      settings,
      reason: "it was killed, most likely for want of memory",
      at: new Date().toISOString(),
    };
    mkdirSync(join(folder, "failed"), { recursive: true });
    const known = { schemaVersion: 1, failures: [failure] };
    writeFileSync(join(folder, "failed", "failures.json"), JSON.stringify(known));
    const command = start("failed", args);
    expect(await command.until("ready")).toMatchObject({
      contextTokens: 4096,
      settings: { ...settings, contextTokens: 4096 },
    });
  });

  test("what was rehearsed on this machine sets the threads, and is told as the speed", async () => {
    const report = json(await runCommand(["check", "--json"], here("tuned"))) as CheckReport;
    const dry = ["serve", file, "--dry-run", "--context", "1024", "--json"];
    const planned = json(await runCommand(dry, here("tuned"))) as { plan: FitPlan };
    const { plan } = planned;
    const threads = plan.threads + 1;
    const row = measurementOf(plan, machineOf(report.hardware), { threads });
    mkdirSync(join(folder, "tuned"), { recursive: true });
    writeFileSync(join(folder, "tuned", "measurements.json"), JSON.stringify([row]));
    expect(json(await runCommand(dry, here("tuned")))).toMatchObject({
      plan: { threads, decodeTokensPerSecond: { expected: 50, method: "rehearsed" } },
      settings: { threads },
    });
  });

  test.for([
    ["nobody to ask", ["qwen3-0.6b"], 2, "usage", /--yes/u],
    ["a host without a key", ["FILE", "--host", "0.0.0.0"], 1, "invalid_configuration", /key/u],
    ["what does not fit", ["deepseek-r1", "--yes"], 3, "does_not_fit", /missing/u],
    ["no such model", ["qwq-23b"], 2, "unknown_model", /QwQ-32B/u],
    ["no such file", ["./no.gguf"], 1, "file_not_found", /no\.gguf/u],
    ["a port that is none", ["FILE", "--port", "70000"], 2, "usage", /at most 65535/u],
  ] as const)("%s: exit and reason", async ([, words, code, error, told]) => {
    const args = words.map((word) => (word === "FILE" ? file : word));
    const ran = await runCommand(["serve", ...args, "--json"], here("wrong"));
    const last = JSON.parse(ran.out.trim().split("\n").at(-1) ?? "") as {
      error: Record<string, string>;
    };
    expect(last.error["code"]).toBe(error);
    expect(`${last.error["message"]} ${last.error["hint"]}`).toMatch(told);
    expect(ran.code).toBe(code);
  });
});
