import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeScriptedGguf } from "@qwq-fit/models/node";
import type { ScriptedModel } from "@qwq-fit/models/node";
import type { NodeReport } from "@qwq-fit/schema";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { childrenOf, startCommand } from "../support/long-command.ts";
import type { LongCommand } from "../support/long-command.ts";
import { readAnswer } from "../support/read-answer.ts";
import { isBuilt, runCommand } from "../support/run-command.ts";

/** Passes a body on and calls `at` once, when `events` of its events have come. */
function watched(
  body: ReadableStream<Uint8Array>,
  events: number,
  at: () => void,
): ReadableStream<Uint8Array> {
  const decoder = new TextDecoder();
  let text = "";
  let reached = false;
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform: (bytes, controller) => {
        controller.enqueue(bytes);
        text += decoder.decode(bytes, { stream: true });
        // Ends of events, however the bytes were cut: one event a read, or many.
        if (reached || text.split("\n\n").length <= events) return;
        reached = true;
        at();
      },
    }),
  );
}

// Two engines and a router on whatever is left of the machine: what is waited for is events, not times.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

describe.skipIf(!isBuilt)("two servers behind qwq-fit router", () => {
  let folder = "";
  let model: ScriptedModel;
  let router: LongCommand;
  const nodes = new Map<string, { readonly command: LongCommand; readonly url: string }>();
  const env = (name: string): { env: Record<string, string> } => ({
    env: { HOME: folder, QWQ_FIT_STATE_DIR: join(folder, `unused-${name}`) },
  });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "qwq-fit-two-"));
    const file = join(folder, "scripted.gguf");
    model = await writeScriptedGguf(file, { thinkWords: 40, words: 680, blocks: 3 });
    await Promise.all(
      ["a", "b"].map(async (name) => {
        const own = ["--state-dir", join(folder, name), "--context", "1024", "--threads", "1"];
        const command = startCommand(["serve", file, ...own], env(name));
        nodes.set(name, { command, url: "" });
        nodes.set(name, { command, url: String((await command.until("ready"))["url"]) });
      }),
    );
    const named = [...nodes].flatMap(([name, { url }]) => ["--node", `${name}=${url}`]);
    router = startCommand(["router", "--insecure-dev", ...named], env("router"));
    await router.until("ready");
  });
  afterAll(async () => {
    const all = [...[...nodes.values()].map(({ command }) => command), router];
    for (const command of all) command.kill("SIGKILL");
    await Promise.all(all.map(({ ended }) => ended));
    rmSync(folder, { recursive: true, force: true });
  });

  const ask = async (): Promise<Response> =>
    fetch(`${String((await router.until("ready"))["url"])}/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-qwq-mode": "continue" },
      body: JSON.stringify({
        model: "scripted",
        messages: [{ role: "user", content: "hello" }],
        temperature: 0,
        stream: true,
      }),
    });

  /** The node that works on a request now. */
  const working = async (): Promise<string> => {
    for (const [name, { url }] of nodes) {
      // oxlint-disable-next-line no-await-in-loop
      const report = (await (await fetch(`${url}/node`)).json()) as NodeReport;
      if (report.state.inFlight > 0) return name;
    }
    throw new Error("no node works on it");
  };

  test("each has its own state", async () => {
    for (const [name, { command }] of nodes) {
      // oxlint-disable-next-line no-await-in-loop
      const listed = await runCommand(["ps", "--json", "--state-dir", join(folder, name)]);
      const { servers } = JSON.parse(listed.out) as { servers: { pid: number }[] };
      expect(servers.map(({ pid }) => pid)).toEqual([command.pid]);
    }
  });

  test("one killed in mid-answer: the other goes on, every word exactly once", async () => {
    const response = await ask();
    const killed = await working();
    const { command } = nodes.get(killed) as { command: LongCommand };
    const engines = childrenOf(command.pid);
    const stream = response.body as ReadableStream<Uint8Array>;
    const body = watched(stream, 20, () => command.kill("SIGKILL"));
    const seen = await readAnswer(response.status, body);
    expect(await command.ended).toBe("SIGKILL");
    expect(seen.thought).toBe(model.thought.join(""));
    expect(seen.answer).toBe(model.answer.join(""));
    expect(seen).toMatchObject({ status: 200, finish: "stop", done: true, error: null });
    const [receipt] = seen.comments.filter((comment) => comment.startsWith("receipt "));
    const told = JSON.parse(receipt?.slice("receipt ".length) ?? "") as {
      node: string;
      attempts: unknown[];
    };
    expect(told.attempts).toHaveLength(2);
    expect(told.node).not.toBe(killed);
    if (process.platform !== "linux") return;
    expect(engines).toHaveLength(1);
    // The engine's process sees its channel close, and ends by itself.
    await expect
      .poll(() => engines.filter((pid) => existsSync(`/proc/${pid}`)), { timeout: 60_000 })
      .toEqual([]);
  });

  test("the one that is left serves the next; SIGINT closes the router", async () => {
    const response = await ask();
    const seen = await readAnswer(response.status, response.body as ReadableStream<Uint8Array>);
    expect(seen.answer).toBe(model.answer.join(""));
    router.kill("SIGINT");
    expect(await router.ended).toBe(0);
    expect(router.events.at(-1)).toMatchObject({ event: "stopped" });
  });
});
