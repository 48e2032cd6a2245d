import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { QwqError } from "@qwq-fit/schema";

/**
 * The part of node-llama-cpp's native binding that we drive ourselves. It is internal to the package, so every class and
 * method is looked for when it is loaded; read in 3.22.1 and 3.21.1 (dist/bindings/AddonTypes.d.ts, llama/addon/*.cpp).
 */
export interface NativeBinding {
  readonly AddonModel: new (path: string, params: NativeModelParams) => NativeModel;
  readonly AddonContext: {
    new (model: NativeModel, params: NativeContextParams): NativeContext;
    readonly prototype: NativeContext;
  };
  readonly AddonSampler: new (model: NativeModel) => NativeSampler;
  readonly AddonGrammar: new (
    text: string,
    params: { addonExports: NativeBinding; rootRuleName: string },
  ) => object;
  readonly AddonGrammarEvaluationState: new (model: NativeModel, grammar: object) => object;
  readonly AddonModelLora: new (model: NativeModel, path: string) => object;
}

/** Replaces a value of the file's metadata. Type 0 is an integer, 1 a float. */
export type MetadataOverride = readonly [key: string, value: number | string, type: 0 | 1 | null];

export interface NativeModelParams {
  addonExports: NativeBinding;
  gpuLayers: number;
  useMmap: boolean;
  onLoadProgress?: (fraction: number) => void;
  overridesList?: MetadataOverride[];
}

export interface NativeModel {
  init(): Promise<boolean>;
  loadLora(lora: object): Promise<void>;
  dispose(): Promise<void>;
  tokenize(text: string, special: boolean): Uint32Array;
  detokenize(tokens: Uint32Array, special: boolean): string;
  getTrainContextSize(): number;
  getEmbeddingVectorSize(): number;
  /** -1 where the model has none. */
  tokenBos(): number;
  tokenEos(): number;
  getTokenString(token: number): string;
  getTokenAttributes(token: number): number;
  isEogToken(token: number): boolean;
  getVocabularyType(): number;
  shouldPrependBosToken(): boolean;
}

export interface NativeContextParams {
  contextSize: number;
  batchSize: number;
  sequences: number;
  flashAttention: boolean;
  threads: number;
  embeddings?: boolean;
  kvCacheKeyType?: number;
  kvCacheValueType?: number;
}

export interface NativeContext {
  init(): Promise<boolean>;
  dispose(): Promise<void>;
  getContextSize(): number;
  initBatch(tokens: number): void;
  addToBatch(
    sequence: number,
    position: number,
    tokens: Uint32Array,
    logits: Uint32Array,
  ): Uint32Array;
  decodeBatch(): Promise<void>;
  sampleToken(logit: number, sampler: NativeSampler): Promise<number>;
  sampleToken(
    logit: number,
    sampler: NativeSampler,
    probabilities: boolean,
    confidence: boolean,
    logits?: [tokens: number[], max: boolean, min: boolean, selected: boolean, top: number],
    totalWeight?: boolean,
  ): Promise<
    [
      token: number,
      probabilities?: number[],
      confidence?: number,
      logits?: number[],
      totalWeight?: number,
    ]
  >;
  disposeSequence(sequence: number): void;
  removeTokenCellsFromSequence(sequence: number, from: number, to: number): boolean;
  getSequenceKvCacheMinPosition(sequence: number): number;
  getEmbedding(tokens: number): Float64Array;
  setLoras(loras: object[], scales: number[]): void;
  /** 3.22.1 and later. */
  copySequenceStateFromOtherSequence?(to: number, from: number): Promise<number>;
}

export interface NativeSampler {
  applyConfig(config: Readonly<Record<string, unknown>>): void;
  dispose(): void;
}

/** A loaded binding and what its version can do. */
export interface LoadedBinding {
  readonly native: NativeBinding;
  readonly version: string;
  /** False on 3.21.1: sampling holds no lock there, so one token is sampled at a time. */
  readonly parallelSampling: boolean;
  readonly canCopy: boolean;
  /** Kept alive with the binding: what disposes of it when collected. */
  readonly owner: unknown;
}

const CLASSES = [
  "AddonModel",
  "AddonContext",
  "AddonSampler",
  "AddonGrammar",
  "AddonGrammarEvaluationState",
] as const;
const METHODS = ["initBatch", "addToBatch", "decodeBatch", "sampleToken"] as const;

/** Loads node-llama-cpp from its folder, without building or downloading anything. */
export async function loadBinding(
  folder: string,
  gpu: string | false,
  log: (level: string, line: string) => void,
): Promise<LoadedBinding> {
  const { version, library } = await readPackage(folder);
  if (!isRecord(library) || typeof library["getLlama"] !== "function") {
    throw new QwqError("engine_missing", `What is in ${folder} is no node-llama-cpp.`);
  }
  const llama: unknown = await library["getLlama"]({
    gpu,
    build: "never",
    progressLogs: false,
    logLevel: "info",
    logger: log,
  });
  const native = isRecord(llama) ? llama["_bindings"] : undefined;
  if (!isBinding(native)) {
    throw new QwqError("engine_failed", `node-llama-cpp ${version} has a binding we do not know.`, {
      hint: "Install the version that qwq-fit asks for: qwq-fit doctor.",
    });
  }
  const canCopy = "copySequenceStateFromOtherSequence" in native.AddonContext.prototype;
  return { native, version, canCopy, parallelSampling: canCopy, owner: llama };
}

/** @throws QwqError `engine_missing`. */
async function readPackage(folder: string): Promise<{ version: string; library: unknown }> {
  try {
    const manifest: unknown = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const version = isRecord(manifest) ? String(manifest["version"]) : "unknown";
    const library: unknown = await import(pathToFileURL(join(folder, "dist", "index.js")).href);
    return { version, library };
  } catch (error) {
    throw new QwqError("engine_missing", `There is no node-llama-cpp in ${folder}.`, {
      cause: error,
      hint: "qwq-fit serve installs it.",
    });
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isBinding(value: unknown): value is NativeBinding {
  if (!isRecord(value)) return false;
  if (!CLASSES.every((name) => typeof value[name] === "function")) return false;
  const context: unknown = Reflect.get(Object(value["AddonContext"]), "prototype");
  return isRecord(context) && METHODS.every((name) => typeof context[name] === "function");
}
