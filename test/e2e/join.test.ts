import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeScriptedGguf } from "@qwq-fit/models/node";
import type { ScriptedModel } from "@qwq-fit/models/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startCommand } from "../support/long-command.ts";
import type { LongCommand } from "../support/long-command.ts";
import { readAnswer } from "../support/read-answer.ts";
import { isBuilt, runCommand } from "../support/run-command.ts";

describe.skipIf(!isBuilt)("a machine becomes a node in one command", () => {
  let folder = "";
  let model: ScriptedModel;
  let router: LongCommand;
  let url = "";
  const running: LongCommand[] = [];
  const start = (args: readonly string[]): LongCommand => {
    const command = startCommand(args, { env: { HOME: folder, QWQ_FIT_STATE_DIR: folder } });
    running.push(command);
    return command;
  };
  const nodes = async (...args: readonly string[]): Promise<Record<string, unknown>> => {
    const { out, err, code } = await runCommand(["nodes", ...args, "--router", url, "--json"]);
    if (code !== 0) throw new Error(`${out}${err}`);
    return JSON.parse(out) as Record<string, unknown>;
  };
  const statuses = async (): Promise<readonly string[]> => {
    const list = (await nodes())["nodes"] as { name: string; status: string }[];
    return list.map(({ name, status }) => `${name} ${status}`);
  };
  const answer = async (): Promise<string> => {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        model: "scripted",
        messages: [{ role: "user", content: "hello" }],
        temperature: 0,
        max_tokens: 200,
        stream: true,
      }),
    });
    const seen = await readAnswer(response.status, response.body ?? "");
    return seen.done ? seen.answer : seen.raw;
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "qwq-fit-join-"));
    model = await writeScriptedGguf(join(folder, "scripted.gguf"), { words: 30, blocks: 1 });
    router = start(["router", "--join", "--insecure-dev", "--state-dir", join(folder, "router")]);
    url = String((await router.until("ready"))["url"]).replace(/\/v1$/, "");
  }, 120_000);
  afterAll(async () => {
    for (const command of running) command.kill("SIGKILL");
    await Promise.all(running.map(({ ended }) => ended));
    rmSync(folder, { recursive: true, force: true });
  });

  test("serve --join: invited, listed, asked, drained, removed", async () => {
    const code = String((await nodes("invite"))["code"]);
    const home = join(folder, "home");
    const own = ["--state-dir", home, "--context", "1024", "--threads", "1"];
    const joining = ["--join", url, "--code", code, "--node-name", "mini"];
    const server = start(["serve", join(folder, "scripted.gguf"), ...own, ...joining]);
    await server.until("ready");
    await server.until("joined");
    await expect.poll(statuses, { timeout: 60_000 }).toEqual(["mini connected"]);
    await expect.poll(answer, { timeout: 60_000 }).toBe(model.answer.join(""));
    // Its key stays with its user.
    const kept = join(home, "memberships", readdirSync(join(home, "memberships"))[0] ?? "");
    expect(statSync(kept).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(kept, "utf8"))).toMatchObject({ name: "mini" });

    await nodes("drain", "mini");
    await expect.poll(statuses, { timeout: 60_000 }).toEqual(["mini draining"]);
    await expect.poll(answer, { timeout: 60_000 }).toContain("no_node_available");
    await nodes("drain", "mini", "--off");
    await expect.poll(answer, { timeout: 60_000 }).toBe(model.answer.join(""));

    server.kill("SIGINT");
    expect(await server.ended).toBe(0);
    await expect.poll(statuses, { timeout: 60_000 }).toEqual(["mini gone"]);
  }, 180_000);

  test("join: the same machine again, without a code, by the server that runs", async () => {
    const home = join(folder, "home");
    const own = ["--state-dir", home, "--context", "1024", "--threads", "1"];
    const server = start(["serve", join(folder, "scripted.gguf"), ...own]);
    await server.until("ready");
    const agent = start(["join", url, "--state-dir", home]);
    await agent.until("joined");
    await expect.poll(answer, { timeout: 60_000 }).toBe(model.answer.join(""));
    await nodes("remove", "mini");
    expect(await agent.ended).toBe(1);
    expect(await statuses()).toEqual([]);
    const again = await runCommand(["join", url, "--state-dir", home, "--json"]);
    expect([again.code, again.out]).toEqual([1, expect.stringContaining("unauthorized")]);
    expect(existsSync(join(folder, "router", "router", "nodes.json"))).toBe(true);
  }, 180_000);

  test.for([
    [["join", "http://router.example", "--code", "x"], 2, "usage"],
    [["join", "not a url"], 2, "usage"],
    [["nodes", "--router", "http://127.0.0.1:1"], 1, "network"],
    [["nodes"], 2, "usage"],
  ] as const)("%s", async ([args, code, error]) => {
    const ran = await runCommand([...args, "--json"], { env: { QWQ_FIT_STATE_DIR: folder } });
    expect([ran.code, ran.out]).toEqual([code, expect.stringContaining(`"${error}"`)]);
  });
});
