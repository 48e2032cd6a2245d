import type { Core } from "../core/core.ts";
import type { CallOptions } from "../core/options.ts";
import type { LanguageModelV3, LanguageModelV4 } from "./types.ts";

export type { LanguageModelV3, LanguageModelV4 } from "./types.ts";

// Loaded at the first call: who does not use the AI SDK need not fetch it.
const run = (): Promise<typeof import("./run.ts")> => import("./run.ts");

const identity = (core: Core) => ({ provider: "qwq-fit", modelId: core.model, supportedUrls: {} });

/** The client as a model of the AI SDK 7. */
export function createLanguageModel(core: Core, call: CallOptions): LanguageModelV4 {
  return {
    specificationVersion: "v4",
    ...identity(core),
    doGenerate: async (settings) => (await run()).generate(core, call, settings),
    doStream: async (settings) => (await run()).stream(core, call, settings),
  };
}

/** The client as a model of the AI SDK 6, which has no word for an interrupted answer. */
export function createLanguageModelV3(core: Core, call: CallOptions): LanguageModelV3 {
  return {
    specificationVersion: "v3",
    ...identity(core),
    doGenerate: async (settings) => (await run()).generateV3(core, call, settings),
    doStream: async (settings) => (await run()).streamV3(core, call, settings),
  };
}
