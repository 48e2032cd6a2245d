import { QwqError } from "@qwq-fit/schema";
import type { KvCacheType } from "@qwq-fit/schema";
import type { EngineSettings } from "../engine-settings.ts";
import { tokenBytes } from "../answer/token-bytes.ts";
import type {
  LoadedBinding,
  MetadataOverride,
  NativeContext,
  NativeModel,
  NativeModelParams,
} from "./binding.ts";

/** A model and its context in memory, ready to compute. */
export interface LoadedModel {
  readonly binding: LoadedBinding;
  readonly model: NativeModel;
  readonly context: NativeContext;
  readonly settings: EngineSettings;
  readonly bytesOf: (token: number) => Uint8Array;
  /** Tokens of a text; with the token that begins a text where the model asks for it and the text lacks it. */
  promptTokens(text: string): number[];
  tokenize(text: string, special: boolean): number[];
}

/** ggml_type's numbers (llama.cpp v0.5.0 ggml/include/ggml.h). */
const GGML_TYPES: Partial<Record<KvCacheType, number>> = {
  f32: 0,
  f16: 1,
  q4_0: 2,
  q4_1: 3,
  q5_0: 6,
  q5_1: 7,
  q8_0: 8,
  iq4_nl: 20,
  bf16: 30,
};

/** Names by which the engine is told a backend (node-llama-cpp's `gpu` option). */
export function gpuOption(settings: EngineSettings): string | false {
  return settings.backend === "cpu" ? false : settings.backend;
}

/** Loads weights and makes the context. Throws `engine_failed` where the engine could not (most often: memory). */
export async function loadModel(
  binding: LoadedBinding,
  modelPath: string,
  settings: EngineSettings,
  overrides: readonly MetadataOverride[],
  onProgress: (fraction: number) => void,
): Promise<LoadedModel> {
  const { native } = binding;
  const params: NativeModelParams = {
    addonExports: native,
    gpuLayers: settings.backend === "cpu" ? 0 : settings.offloadedLayers,
    useMmap: settings.mmap,
    onLoadProgress: onProgress,
  };
  if (overrides.length > 0) params.overridesList = [...overrides];
  const model = new native.AddonModel(modelPath, params);
  await attempt("The engine could not load the model.", () => model.init());
  const kvType = GGML_TYPES[settings.kvCacheType];
  if (kvType === undefined) {
    throw new QwqError(
      "unsupported_combination",
      `The engine has no KV cache type ${settings.kvCacheType}.`,
    );
  }
  const context = new native.AddonContext(model, {
    contextSize: settings.contextTokens * settings.sequences,
    batchSize: Math.max(settings.batchTokens, settings.sequences),
    sequences: settings.sequences,
    flashAttention: settings.flashAttention,
    threads: settings.threads,
    kvCacheKeyType: kvType,
    kvCacheValueType: kvType,
  });
  await attempt("The engine could not make the context.", () => context.init());
  if (settings.loras.length > 0) {
    const loras: object[] = [];
    for (const { path } of settings.loras) {
      const lora = new native.AddonModelLora(model, path);
      // One after the other: each changes the model.
      // oxlint-disable-next-line no-await-in-loop
      await model.loadLora(lora);
      loras.push(lora);
    }
    context.setLoras(
      loras,
      settings.loras.map(({ scale }) => scale),
    );
  }
  const tokenize = (text: string, special: boolean): number[] =>
    text === "" ? [] : Array.from(model.tokenize(text, special));
  return {
    binding,
    model,
    context,
    settings,
    bytesOf: tokenBytes(model),
    tokenize,
    promptTokens: (text) => {
      const tokens = tokenize(text, true);
      const bos = model.tokenBos();
      const wanted = model.shouldPrependBosToken() && bos >= 0 && tokens[0] !== bos;
      return wanted ? [bos, ...tokens] : tokens;
    },
  };
}

async function attempt(message: string, run: () => Promise<boolean>): Promise<void> {
  try {
    if (await run()) return;
  } catch (error) {
    throw new QwqError("engine_failed", `${message} ${String(error)}`, { cause: error });
  }
  throw new QwqError("engine_failed", message, {
    hint: "There may be too little memory; a smaller context or quantization takes less.",
  });
}
