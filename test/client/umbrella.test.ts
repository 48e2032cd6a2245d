import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listServers, stopServer } from "@qwq-fit/engine";
import { type ScriptedModel, writeScriptedGguf } from "@qwq-fit/models/node";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { createClient } from "../../packages/qwq-fit/src/index.ts";
import { createLocalClient } from "../../packages/qwq-fit/src/local.ts";
import { answerSource } from "../support/answer-source.ts";
import { startScriptedNode } from "../support/scripted-node.ts";

let folder: string;
let model: ScriptedModel;
let path: string;
const program = join(import.meta.dirname, "serve-program.ts");
const command = [process.execPath, program] as const;
const messages = [{ role: "user" as const, content: "hi" }];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "qwq-fit-umbrella-"));
  path = join(folder, "scripted.gguf");
  model = await writeScriptedGguf(path, { thinkWords: 12, words: 20 });
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** A state directory whose servers are stopped when the test ends. */
async function stateDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "qwq-fit-umbrella-state-"));
  onTestFinished(async () => {
    for (const { state } of await listServers(dir)) await stopServer(dir, state.id);
    await rm(dir, { recursive: true, force: true });
  });
  return dir;
}

test("cloud now, local when ready: the server is started, many clients share it, answers move over", async () => {
  const cloud = await startScriptedNode({
    source: answerSource(4),
    fault: () => ({ kind: "none" }),
    manner: () => ({
      lineEnd: "\n",
      comments: false,
      noLastNewline: false,
      afterDone: false,
      writeBytes: 0,
    }),
  });
  onTestFinished(() => cloud.close());
  const dir = await stateDir();
  const local = { stateDir: dir, command, engines: [], start: "prepare" as const };
  const options = { model: path, policy: { objective: "prefer-local" as const }, local };
  const clients = [1, 2, 3].map(() =>
    createClient({ ...options, cloud: { baseURL: cloud.baseUrl, apiKey: "k" } }),
  );
  const [ai] = clients;
  if (ai === undefined) return;
  const first = await ai.chat.completions.create({ messages, max_tokens: 99 });
  expect((await first.receipt).node).toBe("cloud");
  expect(ai.status().state).toBe("downloadable");
  const seen: unknown[] = [];
  await Promise.all(clients.map((one) => one.prepare({ onProgress: (step) => seen.push(step) })));
  expect(seen).toContainEqual({ phase: "download", done: 5, total: 10 });
  expect(await listServers(dir)).toHaveLength(1);
  for (const one of clients) {
    const answer = await one.chat.completions.create({ messages, max_tokens: 99 });
    expect(answer.choices[0]?.message.content).toBe(model.answer.join(""));
    expect(await answer.receipt).toMatchObject({ node: "local", privacy: "device" });
    expect(one.status()).toEqual({ state: "ready", progress: 1, reason: null });
  }
  await stopServer(dir, "scripted");
  const after = await ai.chat.completions.create({ messages, max_tokens: 99 });
  expect((await after.receipt).node).toBe("cloud");
}, 180_000);

test("a file is served by the first request of a local client; a start that fails says why", async () => {
  const dir = await stateDir();
  const ai = createLocalClient({ model: path, local: { stateDir: dir, command } });
  const stream = await ai.chat.completions.create({ messages, max_tokens: 99, stream: true });
  let text = "";
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
  expect(text).toBe(model.answer.join(""));
  const broken = createLocalClient({ model: "broken", local: { stateDir: dir, command } });
  await expect(broken.prepare()).rejects.toMatchObject({
    code: "does_not_fit",
    hint: "take a smaller one",
  });
  expect(broken.status()).toEqual({
    state: "failed",
    progress: null,
    reason: "too large by 1 GiB",
  });
  await expect(broken.chat.completions.create({ messages, max_tokens: 99 })).rejects.toMatchObject({
    name: "QwqError",
  });
}, 180_000);
