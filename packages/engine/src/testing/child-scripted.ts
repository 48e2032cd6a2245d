import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeScriptedGguf } from "@qwq-fit/models/node";
import type { ScriptedModel, ScriptedOptions } from "@qwq-fit/models/node";
import { createChildEngine } from "../child/child-engine.ts";
import type { ChildEngine } from "../child/child-engine.ts";
import type { ChildEngineOptions } from "../child/child-engine-options.ts";
import { SCRIPTED_SETTINGS } from "./loaded-scripted.ts";
import { developmentBinding } from "./native-binding.ts";

/** The real engine in a child process, with the scripted model. */
export interface ChildScripted {
  readonly engine: ChildEngine;
  readonly model: ScriptedModel;
  readonly folder: string;
  readonly dispose: () => Promise<void>;
}

/** Starts one and waits until it is loaded. */
export async function startChildScripted(
  changes: Partial<ChildEngineOptions> = {},
  script: ScriptedOptions = { thinkWords: 20, words: 30 },
): Promise<ChildScripted> {
  const folder = await mkdtemp(join(tmpdir(), "engine-"));
  const modelPath = join(folder, "scripted.gguf");
  const model = await writeScriptedGguf(modelPath, script);
  const engine = await createChildEngine({
    modelPath,
    settings: SCRIPTED_SETTINGS,
    bindingFolder: developmentBinding(),
    engineVersion: "3.22.1",
    ...changes,
  });
  const dispose = async (): Promise<void> => {
    await engine.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await engine.whenReady();
  } catch (error) {
    await dispose();
    throw error;
  }
  return { engine, model, folder, dispose };
}
