import { stat } from "node:fs/promises";
import { join } from "node:path";
import { createChildEngine, settingsFromPlan, spawnLlamaServer } from "@qwq-fit/engine";
import type { Engine, EngineSettings, InstalledEngine, LlamaServerPlan } from "@qwq-fit/engine";
import { QwqError } from "@qwq-fit/schema";
import type { FitPlan, HardwareProfile, ModelProfile } from "@qwq-fit/schema";
import { llamaServerArguments } from "./llama-server-arguments.ts";

/** A LoRA adapter's file and its scale. */
export type Lora = EngineSettings["loras"][number];

/** All that an engine is told when it loads a model by a plan. */
export function engineSettings(
  plan: FitPlan,
  model: ModelProfile,
  loras: readonly Lora[],
): EngineSettings {
  const trained = model.contextTokens;
  const { contextTokens } = plan;
  return settingsFromPlan(plan, {
    loras,
    // The factor that llama-server's command line is given too: the least whole one that reaches the context.
    yarn:
      contextTokens > trained && model.extendedContextTokens !== null
        ? { factor: Math.ceil(contextTokens / trained), originalContextTokens: trained }
        : null,
  });
}

export interface OpenOptions {
  readonly plan: FitPlan;
  readonly settings: EngineSettings;
  readonly modelPath: string;
  /** For a plan of node-llama-cpp. */
  readonly binding: InstalledEngine | null;
  readonly hardware: HardwareProfile;
  /** What failed on this machine is remembered there. */
  readonly stateDir: string;
  /** Settings for ones that failed. */
  readonly replan: (failed: EngineSettings) => Promise<EngineSettings | null>;
}

/** Starts the engine of a plan: node-llama-cpp in a child process, or the user's own llama-server. */
export function openEngine(options: OpenOptions): Promise<Engine> {
  const { plan, settings, modelPath, binding, stateDir, replan } = options;
  if (plan.engine === "llama-server") return openLlamaServer(options);
  if (binding === null) throw new QwqError("engine_missing", "the engine is not installed");
  return createChildEngine({
    modelPath,
    settings,
    bindingFolder: binding.bindingFolder,
    engineVersion: binding.version,
    replan,
    failuresPath: join(stateDir, "failures.json"),
  });
}

async function openLlamaServer(options: OpenOptions): Promise<Engine> {
  const { plan, settings, hardware, modelPath, stateDir } = options;
  const found = hardware.engines.find(({ engine }) => engine === "llama-server");
  const command = plan.startCommand;
  if (command === null || !found?.binaryPath) {
    throw new QwqError("engine_missing", "llama-server is not on this machine any more");
  }
  const program = found.binaryPath;
  const planOf = (told: EngineSettings): LlamaServerPlan => ({
    settings: told,
    command: { ...command, program, arguments: llamaServerArguments(command.arguments, told) },
  });
  return spawnLlamaServer({
    plan: planOf(settings),
    replan: async (failed) => {
      const smaller = await options.replan(failed.settings);
      return smaller === null ? null : planOf(smaller);
    },
    remember: {
      path: join(stateDir, "failures.json"),
      model: modelPath,
      modelBytes: (await stat(modelPath)).size,
      engineVersion: plan.engineVersion,
    },
  });
}
