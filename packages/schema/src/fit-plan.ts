import type { Estimate } from "./estimate.ts";
import type { Backend } from "./hardware-profile.ts";

/** Programs that run models. */
export type EngineName =
  | "node-llama-cpp"
  | "llama-server"
  | "ollama"
  | "lm-studio"
  | "vllm"
  | "sglang"
  | "vllm-ascend"
  | "mindie"
  | "mlx"
  | "sophon"
  | "birensupa";

/** ggml's type of the KV cache; "fp8" and "bf16" for other engines. */
export type KvCacheType =
  | "f32"
  | "f16"
  | "bf16"
  | "q8_0"
  | "q5_1"
  | "q5_0"
  | "q4_1"
  | "q4_0"
  | "iq4_nl"
  | "fp8";

/** How well an engine on a backend is known to us. */
export type EvidenceStatus = "run" | "documented" | "unverified";

/** Memory that one device, or the host, gives to a plan. All in bytes. */
export interface DeviceMemory {
  /** A device id of the profile, or "host". */
  readonly device: string;
  readonly weightsBytes: number;
  /** Second copy that a CPU backend makes of weights in its own layout. */
  readonly repackedBytes: number;
  readonly kvCacheBytes: number;
  readonly computeBytes: number;
  readonly outputBytes: number;
  /** Program, driver and context beside the buffers. */
  readonly overheadBytes: number;
  readonly totalBytes: number;
  /** What may be used: free now, less the engine's margin. */
  readonly budgetBytes: number;
}

/** Which blocks run where. */
export interface Placement {
  readonly device: string;
  /** First block, inclusive; blocks are counted from 0, the output head is `blocks.length`. */
  readonly firstBlock: number;
  /** Last block, inclusive. */
  readonly lastBlock: number;
  readonly part: "all" | "without-experts" | "experts";
}

export interface PlanHost {
  readonly host: string;
  readonly devices: readonly string[];
}

/** A program with its arguments, never a shell line. */
export interface StartCommand {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

export interface QualityLoss {
  /** "none", "barely noticeable", "noticeable", "large", "severe". */
  readonly word: string;
  /** Mean Kullback-Leibler divergence from the f16 model, nats a token, where measured on a like model. */
  readonly kld: number | null;
  readonly perplexityPercent: number | null;
  readonly source: string;
}

/** One number of a plan with its derivation, for `--explain`. */
export interface Explanation {
  readonly quantity: string;
  readonly formula: string;
  readonly inputs: Readonly<Record<string, number | string | boolean | null>>;
  readonly source: string;
}

/** One way to run the model on the hardware, with every setting that its engine takes. */
export interface FitPlan {
  readonly schemaVersion: 1;
  /** Unique in its report. */
  readonly id: string;
  readonly model: string;
  readonly engine: EngineName;
  readonly engineVersion: string;
  readonly backend: Backend;
  readonly status: EvidenceStatus;
  readonly quantization: string;
  readonly kvCacheType: KvCacheType;
  /** Context of one sequence. */
  readonly contextTokens: number;
  readonly sequences: number;
  readonly offloadedLayers: number;
  readonly expertsOnCpu: boolean;
  readonly tensorParallel: number;
  readonly threads: number;
  readonly batchTokens: number;
  readonly mmap: boolean;
  readonly repack: boolean;
  readonly flashAttention: boolean;
  readonly placement: readonly Placement[];
  readonly hosts: readonly PlanHost[];
  readonly memory: { readonly devices: readonly DeviceMemory[] };
  /** Memory alone. */
  readonly fits: boolean;
  /** Fits, and decodes at least as fast as the setting asks. */
  readonly usable: boolean;
  readonly decodeTokensPerSecond: Estimate;
  readonly prefillTokensPerSecond: Estimate;
  readonly timeToFirstTokenMs: Estimate;
  readonly timeToAnswerMs: Estimate;
  /** Bytes that must be on disk. */
  readonly diskBytes: number;
  readonly qualityLoss: QualityLoss;
  readonly localCostUsdPerMillionTokens: Estimate | null;
  readonly startCommand: StartCommand | null;
  readonly explanations: readonly Explanation[];
  readonly notes: readonly string[];
}

/** A change that would make a model fit, smallest first. */
export interface FitChange {
  readonly kind:
    | "less-context"
    | "fewer-sequences"
    | "kv-cache-type"
    | "smaller-quantization"
    | "free-device-memory"
    | "free-host-memory"
    | "raise-wired-limit"
    | "raise-gtt-limit"
    | "raise-container-limit"
    | "more-memory"
    | "smaller-model";
  readonly text: string;
  /** Bytes that it saves or that must be added; null where it does not apply. */
  readonly bytes: number | null;
  /** A command that makes the change, where there is one. */
  readonly command: string | null;
}

/** Why nothing fits. Not fitting is an answer. */
export interface Shortfall {
  readonly limit: "device_memory" | "host_memory" | "disk" | "context" | "engine";
  readonly device: string;
  readonly neededBytes: number;
  readonly budgetBytes: number;
  readonly missingBytes: number;
  readonly changes: readonly FitChange[];
}
