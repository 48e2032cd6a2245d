import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startServer } from "@qwq-fit/engine";
import { writeScriptedGguf } from "@qwq-fit/models/node";
import { expect, test } from "vitest";
import { createScriptedEngine } from "../../packages/engine/src/testing/scripted-engine.ts";

test("the local entry opens sockets to our own server on loopback and to nothing else", async () => {
  const folder = await mkdtemp(join(tmpdir(), "qwq-fit-sockets-"));
  const path = join(folder, "scripted.gguf");
  await writeScriptedGguf(path, { thinkWords: 2, words: 3 });
  const server = await startServer({
    open: () => Promise.resolve(createScriptedEngine({ thoughts: 2, words: 3 })),
    model: {
      id: "scripted",
      aliases: [],
      quantization: null,
      thinks: "always",
      sampling: { temperature: 0, topP: 1, topK: 1, minP: 0 },
      license: null,
      fileSha256: null,
      created: 1,
    },
    plan: null,
    stateDir: folder,
  });
  try {
    await server.whenReady();
    const program = join(import.meta.dirname, "watch-sockets.ts");
    const run = promisify(execFile);
    const { stdout } = await run(process.execPath, [program, path, folder], { timeout: 50_000 });
    const seen = JSON.parse(stdout) as {
      text: string;
      used: string[];
      planned: string[];
      errors: string[];
    };
    expect(seen.text).toBe(" w0 w1 w2");
    expect(seen.used).toEqual([`127.0.0.1:${new URL(server.baseUrl).port}`]);
    expect(seen.planned.filter((one) => !one.startsWith("127.0.0.1:"))).toEqual([]);
    // No server of a model, and a name that only a network could resolve.
    expect(seen.errors).toEqual(expect.arrayContaining(["no_node_available", "unknown_model"]));
  } finally {
    await server.stop({ graceMs: 0 });
    await rm(folder, { recursive: true, force: true });
  }
}, 180_000);
