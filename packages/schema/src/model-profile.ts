/** One tensor of a weights file. */
export interface TensorInfo {
  readonly name: string;
  /** GGUF order: the row length first. */
  readonly shape: readonly number[];
  /** ggml's type, upper case: "Q4_K", "F32", "IQ4_XS", "MXFP4"; "FP8", "AWQ4", "MLX4" for others. */
  readonly type: string;
  readonly bytes: number;
}

/** What one block (layer) keeps for each token, or for each sequence. */
export type BlockCache =
  /** Grouped-query attention: one key and one value a KV head. */
  | {
      readonly kind: "gqa";
      readonly kvHeads: number;
      readonly keyLength: number;
      readonly valueLength: number;
      /** Sliding window in tokens, or null for full attention. */
      readonly windowTokens: number | null;
    }
  /** Multi-head latent attention: one compressed row, keys only. */
  | { readonly kind: "mla"; readonly rowLength: number }
  /** Linear attention or a state-space block: a fixed state for each sequence, f32 elements. */
  | { readonly kind: "recurrent"; readonly convElements: number; readonly stateElements: number };

/** One block of the model. Equal neighbours share the same object. */
export interface BlockProfile {
  readonly cache: BlockCache;
  readonly experts: boolean;
}

/** A file, or files, in which the model is published. */
export interface WeightsVariant {
  readonly format: "gguf" | "safetensors" | "mlx";
  /** "Q4_K_M", "F16", "AWQ-4bit", "FP8", "MLX-4bit". */
  readonly quantization: string;
  /** Made with an importance matrix; null where not known. */
  readonly imatrix: boolean | null;
  /** Sum over the tensors. */
  readonly tensorBytes: number;
  /** Size of the file or files; tensor bytes plus a small header where only computed. */
  readonly fileBytes: number;
  /** "read" from a file's header, "published", or "computed" from the engine's mixing rules. */
  readonly sizeSource: "read" | "published" | "computed";
  /** Where it can be had: a path, an hf: reference; null when only computed. */
  readonly location: string | null;
  readonly sha256: string | null;
  /**
   * All tensors. Left out (empty) in reports; a plan needs them.
   * A function would not be a value: they are computed when the profile is made.
   */
  readonly tensors: readonly TensorInfo[];
}

/** Sampling defaults from the model's card. */
export interface SamplingDefaults {
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly minP?: number;
  readonly presencePenalty?: number;
  readonly repeatPenalty?: number;
}

/** A model, named anyhow, as a value. */
export interface ModelProfile {
  readonly schemaVersion: 1;
  /** "Qwen/QwQ-32B", or the path of a file. */
  readonly id: string;
  readonly name: string;
  readonly family: string;
  /** GGUF's `general.architecture`: "qwen2", "qwen3moe", "deepseek2", "llama". */
  readonly architecture: string;
  readonly parameters: number;
  /** Parameters read for one token; equals `parameters` for a dense model. */
  readonly activeParameters: number;
  readonly blocks: readonly BlockProfile[];
  /** Blocks for multi-token prediction that stand behind the normal ones; not run by default. */
  readonly predictionBlocks: number;
  readonly embeddingLength: number;
  readonly feedForwardLength: number;
  readonly attentionHeads: number;
  readonly keyLength: number;
  readonly valueLength: number;
  readonly vocabularySize: number;
  readonly tiedEmbeddings: boolean;
  readonly experts: {
    readonly count: number;
    readonly usedPerToken: number;
    readonly feedForwardLength: number;
    readonly sharedFeedForwardLength: number;
    readonly leadingDenseBlocks: number;
  } | null;
  readonly ropeDimensions: number;
  readonly ropeFrequencyBase: number;
  /** Context that the model was trained for. */
  readonly contextTokens: number;
  /** Context that it reaches with YaRN or the like, or null. */
  readonly extendedContextTokens: number | null;
  /** Multimodal projector beside the weights, or null. */
  readonly projector: { readonly bytes: number; readonly location: string | null } | null;
  readonly thinks: "always" | "switchable" | "never";
  readonly sampling: SamplingDefaults;
  readonly license: string | null;
  readonly released: string | null;
  readonly weights: readonly WeightsVariant[];
  /** Other hyperparameters by GGUF key (with the architecture's prefix cut), for rules that need them. */
  readonly hyperparameters: Readonly<Record<string, number | boolean | string | readonly number[]>>;
  /** Where the shape was read. */
  readonly sources: readonly string[];
  readonly warnings: readonly string[];
}
