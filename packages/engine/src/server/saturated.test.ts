import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ChatCompletion } from "@qwq-fit/wire";
import { expect, onTestFinished, test } from "vitest";
import { QWQ } from "../api/testing/serve-api.ts";
import { startChildScripted } from "../testing/child-scripted.ts";
import { startServer } from "./start-server.ts";

test("past slots and queue a request gets 429 and Retry-After at once, the others their whole answers", async () => {
  const child = await startChildScripted({ queueLimit: 1 }, { thinkWords: 20, words: 300 });
  const stateDir = await mkdtemp(join(tmpdir(), "qwq-fit-saturated-"));
  const server = await startServer({
    open: () => Promise.resolve(child.engine),
    model: QWQ,
    plan: null,
    stateDir,
  });
  onTestFinished(async () => {
    await server.stop({ graceMs: 0 });
    await child.dispose();
    await rm(stateDir, { recursive: true });
  });
  const ask = (): Promise<Response> =>
    fetch(`${server.baseUrl}/chat/completions`, {
      method: "POST",
      body: JSON.stringify({
        messages: [{ role: "user", content: "hello" }],
        temperature: 0,
      }),
    });
  const responses = await Promise.all(Array.from({ length: 10 }, ask));
  const refused = responses.filter((response) => response.status === 429);
  const served = responses.filter((response) => response.status === 200);
  // Three slots and one place in the queue.
  expect([served.length, refused.length]).toEqual([4, 6]);
  for (const response of refused) {
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await response.json()).toMatchObject({ error: { code: "saturated" } });
  }
  const answer = child.model.answer.join("");
  for (const response of served) {
    const { choices } = (await response.json()) as ChatCompletion;
    expect(choices[0]?.message.content).toBe(answer);
  }
});
