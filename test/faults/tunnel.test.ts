import { afterEach, expect, test } from "vitest";
import { answerSource } from "../support/answer-source.ts";
import { readAnswer } from "../support/read-answer.ts";
import { startScriptedNode } from "../support/scripted-node.ts";
import { inviteTo, joinHere, startTunnelRouter } from "../support/tunnel-fleet.ts";
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

test("a machine joins by a code and serves a stream, whole", async () => {
  const node = await startScriptedNode({
    source,
    fault: () => ({ kind: "none" }),
    manner: () => manner,
  });
  closing.push(() => node.close());
  const router = await startTunnelRouter();
  closing.push(() => router.close());
  const code = await inviteTo(router.url);
  expect(code).toMatch(/^\w{4}(-\w{4}){4}$/);
  const { agent } = await joinHere(router.url, node.baseUrl, "mini");
  closing.push(() => agent.stop(0));
  await agent.ready;
  await expect
    .poll(async () => JSON.stringify(await (await fetch(`${router.url}/v1/nodes`)).json()))
    .toContain('"connected"');
  const response = await fetch(`${router.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(chat),
  });
  const seen = await readAnswer(response.status, response.body ?? "");
  expect(seen.raw).toContain("DONE");
  expect(judge(source, "error", seen)).toBeNull();
}, 60_000);
