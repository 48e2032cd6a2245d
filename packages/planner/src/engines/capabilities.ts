import type {
  Backend,
  EngineName,
  EvidenceStatus,
  KvCacheType,
  WeightsVariant,
} from "@qwq-fit/schema";

/** What an engine leaves free of a memory: a share of it, at most so many bytes. */
export interface Margin {
  readonly share: number;
  readonly maximumBytes: number;
  readonly source: string;
}

/** An engine on one compute API. */
export interface BackendSupport {
  readonly backend: Backend;
  readonly status: EvidenceStatus;
  /** Quantizations that run there; null for all of the engine's formats. */
  readonly quantizations: readonly string[] | null;
  /** KV types that run there with flash attention. */
  readonly kvCacheTypes: readonly KvCacheType[];
  readonly flashAttention: boolean;
  readonly source: string;
  readonly note: string | null;
}

/** How an engine that takes a whole share of its devices divides it. Bytes of each device. */
export interface ServerRules {
  /** Share of a device's memory that it takes for everything, and the flag that says so. */
  readonly memoryShare: number;
  /** Prompt tokens computed at once. */
  readonly batchTokens: number;
  /** Activations: `2 × tokens × embedding × factor`, by devices that work together. */
  readonly activationFactors: readonly (readonly [devices: number, factor: number])[];
  /** Captured graphs and workspaces. */
  readonly graphBytes: number;
  /** Buffers for talking to other devices, where there are any. */
  readonly communicationBytes: number;
  readonly source: string;
}

/** What one version of an engine can be told, and what it leaves free. Each row cites the engine's code. */
export interface EngineCapabilities {
  readonly engine: EngineName;
  readonly version: string;
  /** The llama.cpp release inside, where there is one: the key of its memory rules. */
  readonly llamaCpp: string | null;
  /** False where this version was never looked at and the nearest known one's row is used. */
  readonly known: boolean;
  readonly formats: readonly WeightsVariant["format"][];
  readonly backends: readonly BackendSupport[];
  /** Settings that the engine takes. A plan sets only these. */
  readonly takes: {
    readonly threads: boolean;
    readonly mmap: boolean;
    readonly repack: boolean;
    readonly kvCacheType: boolean;
    readonly flashAttention: boolean;
    readonly offloadedLayers: boolean;
    readonly expertsOnCpu: boolean;
    /** Which devices, and how a model is split over them. */
    readonly split: boolean;
    /** A context beyond the trained one, through YaRN. */
    readonly extendedContext: boolean;
  };
  /** How several devices work as one. */
  readonly parallelism: "layers" | "tensor" | "none";
  readonly severalHosts: boolean;
  /** For engines that are not built on llama.cpp. */
  readonly server: ServerRules | null;
  readonly deviceMargin: Margin;
  readonly hostMargin: Margin;
  /** Where each of these facts was read. */
  readonly sources: readonly string[];
}
