import type { Core } from "../core/core.ts";
import type { CallOptions } from "../core/options.ts";
import type { Part } from "./run.ts";
import type { GenerateResult, LanguageModelV3, LanguageModelV4, StreamPart } from "./types.ts";

export type { LanguageModelV3, LanguageModelV4 } from "./types.ts";

const identity = (core: Core) => ({ provider: "qwq-fit", modelId: core.model, supportedUrls: {} });

/** The client as a model of the AI SDK 7. */
export function createLanguageModel(core: Core, call: CallOptions): LanguageModelV4 {
  return {
    specificationVersion: "v4",
    ...identity(core),
    // Loaded at the first call: who does not use the AI SDK need not fetch it.
    doGenerate: async (settings) => (await import("./run.ts")).generate(core, call, settings),
    doStream: async (settings) => (await import("./run.ts")).stream(core, call, settings),
  };
}

/** The client as a model of the AI SDK 6, which has no word for an interrupted answer. */
export function createLanguageModelV3(core: Core, call: CallOptions): LanguageModelV3 {
  return {
    specificationVersion: "v3",
    ...identity(core),
    doGenerate: async (settings) => {
      const { generate } = await import("./run.ts");
      const result = await generate(core, call, settings);
      return { ...result, finishReason: withoutInterrupted(result.finishReason) };
    },
    doStream: async (settings) => {
      const { stream } = await import("./run.ts");
      const { stream: parts } = await stream(core, call, settings);
      return {
        stream: parts.pipeThrough(
          new TransformStream<Part, StreamPart>({
            transform: (part, controller) => {
              controller.enqueue(
                part.type === "finish"
                  ? { ...part, finishReason: withoutInterrupted(part.finishReason) }
                  : part,
              );
            },
          }),
        ),
      };
    },
  };
}

function withoutInterrupted(
  reason: GenerateResult<"interrupted">["finishReason"],
): GenerateResult["finishReason"] {
  const { unified, raw } = reason;
  return { unified: unified === "interrupted" ? "error" : unified, raw };
}
