import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { QWQ } from "../api/testing/serve-api.ts";
import { createScriptedEngine } from "../testing/scripted-engine.ts";
import { ensureServer } from "./ensure-server.ts";
import { startServer } from "./start-server.ts";

async function stateDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "qwq-fit-ensure-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

test("of many callers at once one starts the server, and all get it", async () => {
  const dir = await stateDir();
  let starts = 0;
  const start = async (): Promise<void> => {
    starts += 1;
    const server = await startServer({
      open: () => Promise.resolve(createScriptedEngine()),
      model: QWQ,
      plan: null,
      stateDir: dir,
    });
    onTestFinished(() => server.stop({ graceMs: 0 }));
  };
  const found = await Promise.all(
    Array.from({ length: 6 }, () => ensureServer({ stateDir: dir, model: QWQ.id, start })),
  );
  expect(starts).toBe(1);
  expect(new Set(found.map(({ state }) => state.baseUrl)).size).toBe(1);
  await ensureServer({ stateDir: dir, model: QWQ.id, start });
  expect(starts).toBe(1);
});

test("a start that fails is told, and the next may try; one that never comes up is a timeout", async () => {
  const options = { stateDir: await stateDir(), model: QWQ.id };
  const failing = ensureServer({ ...options, start: () => Promise.reject(new Error("no")) });
  await expect(failing).rejects.toThrow("no");
  const silent = { ...options, start: () => Promise.resolve(), timeoutMs: 0 };
  await expect(ensureServer(silent)).rejects.toMatchObject({ code: "timeout" });
  const aborted = { ...silent, timeoutMs: 9999, signal: AbortSignal.abort() };
  await expect(ensureServer(aborted)).rejects.toMatchObject({ code: "aborted" });
});
