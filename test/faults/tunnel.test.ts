import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { answerSource } from "../support/answer-source.ts";
import { readAnswer } from "../support/read-answer.ts";
import { startScriptedNode } from "../support/scripted-node.ts";
import { inviteTo, joinHere } from "../support/tunnel-fleet.ts";
import {
  type AnyTunnelRouter,
  startNodeTunnel,
  startWorkerTunnel,
} from "../support/tunnel-router.ts";
import { judge } from "./judge.ts";

const source = answerSource(40);
const manner = {
  lineEnd: "\n",
  comments: false,
  noLastNewline: false,
  afterDone: false,
  writeBytes: 0,
} as const;
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});
const chat = { model: "scripted", stream: true, messages: [{ role: "user", content: "hi" }] };

const ask = async (url: string): Promise<string | null> => {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(chat),
  });
  const seen = await readAnswer(response.status, response.body ?? "");
  return seen.done ? judge(source, "error", seen) : seen.raw;
};
const statuses = async (url: string): Promise<readonly unknown[]> => {
  const value: unknown = await (await fetch(`${url}/v1/nodes`)).json();
  const list: unknown = Reflect.get(Object(value), "data");
  return Array.isArray(list) ? list.map((one: unknown) => Reflect.get(Object(one), "status")) : [];
};
const plainNode = async () => {
  const node = await startScriptedNode({
    source,
    fault: () => ({ kind: "none" }),
    manner: () => manner,
  });
  closing.push(() => node.close());
  return node;
};

describe.for(["node", "workerd"] as const)("a router on %s", (runtime) => {
  const start = async (): Promise<AnyTunnelRouter> => {
    const folder = mkdtempSync(join(tmpdir(), "qwq-fit-tunnel-"));
    closing.push(() => Promise.resolve(rmSync(folder, { recursive: true, force: true })));
    const router =
      runtime === "node"
        ? await startNodeTunnel(join(folder, "nodes.json"))
        : await startWorkerTunnel();
    closing.push(() => router.close());
    return router;
  };

  test("a machine joins by a code, and serves through restarts and evictions", async () => {
    const node = await plainNode();
    const router = await start();
    expect(await inviteTo(router.url)).toMatch(/^\w{4}(-\w{4}){4}$/);
    const { agent } = await joinHere(router.url, node.baseUrl, "mini", {
      backoffMs: [10, 200],
    });
    closing.push(() => agent.stop(0));
    await agent.ready;
    await expect.poll(() => statuses(router.url), { timeout: 60_000 }).toEqual(["connected"]);
    await expect.poll(() => ask(router.url), { timeout: 60_000 }).toBeNull();
    await router.sleep();
    await expect.poll(() => ask(router.url), { timeout: 60_000 }).toBeNull();
    await router.reset(0);
    await expect.poll(() => ask(router.url), { timeout: 60_000 }).toBeNull();
    await router.restart();
    await expect.poll(() => ask(router.url), { timeout: 60_000 }).toBeNull();
  }, 120_000);
});
