import type { EngineInfo } from "../engine.ts";
import type { EngineSettings } from "../engine-settings.ts";
import type { ChatTemplate } from "../template/chat-template.ts";
import type { ModelText } from "../template/model-template.ts";
import { thoughtTags, toolTags } from "../template/tags.ts";
import type { ReadyInfo } from "./protocol.ts";

/** What the engine in the child says of itself, with the settings it runs with now. */
export function childInfo(
  options: { readonly modelPath: string; readonly engineVersion: string },
  text: ModelText,
  settings: EngineSettings,
  ready: ReadyInfo | null,
  template: ChatTemplate | null,
): EngineInfo {
  const source = text.chatTemplate ?? "";
  return {
    engine: "node-llama-cpp",
    version: ready?.version ?? options.engineVersion,
    backend: settings.backend,
    model: text.name,
    modelPath: options.modelPath,
    contextTokens: settings.contextTokens,
    slots: settings.sequences,
    capabilities: {
      tokens: true,
      rawPrompt: true,
      template: text.chatTemplate !== null,
      separatesChat: false,
      gbnf: true,
      jsonSchema: true,
      logprobs: true,
      logitBias: true,
      embeddings: true,
      reasoningBudget: true,
      continuation: text.chatTemplate !== null,
      progress: true,
      cachedTokens: true,
    },
    settings,
    reasoning: template?.thought ?? thoughtTags(source),
    toolCalls: template?.tools ?? toolTags(source),
    embeddingLength: ready?.embeddingLength ?? null,
  };
}
