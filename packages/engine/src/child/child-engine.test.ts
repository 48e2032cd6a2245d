import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { writeScriptedGguf } from "@qwq-fit/models/node";
import { engineConformance } from "../engine.case.ts";
import type { EngineSettings } from "../engine-settings.ts";
import { createChildEngine } from "./child-engine.ts";

const settings: EngineSettings = {
  backend: "cpu",
  contextTokens: 1024,
  sequences: 3,
  batchTokens: 128,
  threads: 1,
  mmap: false,
  kvCacheType: "f16",
  flashAttention: true,
  offloadedLayers: 0,
  expertsOnCpu: false,
  repack: true,
  loras: [],
  yarn: null,
};

engineConformance("node-llama-cpp in a child process", async () => {
  const folder = await mkdtemp(join(tmpdir(), "engine-"));
  const modelPath = join(folder, "scripted.gguf");
  const model = await writeScriptedGguf(modelPath, { thinkWords: 20, words: 30 });
  const require = createRequire(import.meta.url);
  const engine = await createChildEngine({
    modelPath,
    settings,
    bindingFolder: dirname(dirname(require.resolve("node-llama-cpp"))),
    engineVersion: "3.22.1",
  });
  await engine.whenReady();
  return {
    engine,
    thoughts: model.thought.length,
    words: model.answer.length,
    dispose: async () => {
      await engine.close();
      await rm(folder, { recursive: true });
    },
  };
});
