import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createChatAssembler,
  createStreamWatch,
  createSseScanner,
  parseSseFrame,
} from "@qwq-fit/wire";
import { readChatData } from "@qwq-fit/wire";
import type { AnswerMessage, StreamVerdict } from "@qwq-fit/wire";
import { expect, onTestFinished, test } from "vitest";
import { QWQ } from "../api/testing/serve-api.ts";
import { startChildScripted } from "../testing/child-scripted.ts";
import { startServer } from "./start-server.ts";

interface Watched {
  readonly verdict: StreamVerdict;
  readonly message: AnswerMessage | undefined;
}

/** Reads a stream as a router would, `onChunk` called with the count of chunks so far. */
async function watch(response: Response, onChunk: (chunks: number) => void): Promise<Watched> {
  const scanner = createSseScanner();
  const watcher = createStreamWatch();
  const assembler = createChatAssembler();
  let chunks = 0;
  for await (const bytes of response.body as ReadableStream<Uint8Array>) {
    for (const frame of scanner.push(bytes)) {
      watcher.push(frame);
      const data = readChatData(parseSseFrame(frame));
      if (data.kind !== "chunk") continue;
      assembler.push(data.chunk);
      chunks += 1;
      onChunk(chunks);
    }
  }
  return { verdict: watcher.verdict(), message: assembler.completion().choices[0]?.message };
}

test("an engine killed in mid-answer: the stream ends in an error, the server lives, the rest is exact", async () => {
  const child = await startChildScripted({}, { thinkWords: 20, words: 400 });
  const stateDir = await mkdtemp(join(tmpdir(), "qwq-fit-killed-"));
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
  const user = { role: "user", content: "hello" };
  const post = (body: object): Promise<Response> =>
    fetch(`${server.baseUrl}/chat/completions`, {
      method: "POST",
      body: JSON.stringify({ temperature: 0, ...body }),
    });
  const cut = await watch(await post({ messages: [user], stream: true }), (chunks) => {
    if (chunks === 60) process.kill(child.engine.pid ?? 0, "SIGKILL");
  });
  expect(cut.verdict).toMatchObject({
    whole: false,
    done: false,
    error: { code: "engine_crashed" },
  });
  expect(cut.message?.content?.length).toBeGreaterThan(0);

  // The next request waits for the engine to come back, and goes on where the answer was cut.
  const messages = [user, cut.message];
  const rest = await watch(
    await post({ messages, continue_final_message: true, stream: true }),
    () => {},
  );
  expect(rest.verdict.whole).toBe(true);
  expect(`${cut.message?.content}${rest.message?.content}`).toBe(child.model.answer.join(""));
  const health = await fetch(new URL("/health", server.baseUrl));
  expect([health.status, await health.json()]).toMatchObject([200, { status: "ready" }]);
});
