import type { Estimate, LocalMeasurement, SourcedNumber, Workload } from "@qwq-fit/schema";

/** Sizes in bytes by ggml's type of the tensors, upper case: `{ Q4_K: 1.2e10, Q6_K: 2e9 }`. */
export type BytesByType = Readonly<Record<string, number>>;

/** One device's, or the host's, share of the work for one token. */
export interface SpeedDevice {
  /** A device id of the profile, or "host". */
  readonly device: string;
  readonly kind: "gpu" | "npu" | "cpu";
  readonly vendor: string;
  readonly name: string;
  /** Slug of the catalogue entry, where one was found: the key of fitted coefficients. */
  readonly catalogId: string | null;
  /** Chip family ("ada", "apple-m4"), where known; else looked up in the coefficients by `catalogId`. */
  readonly family: string | null;
  /** Compute API on this device. */
  readonly backend: string;
  readonly bandwidthBytesPerSecond: SourcedNumber | null;
  readonly tensorFp16Flops: SourcedNumber | null;
  /** Cores that work and their instruction sets; for the CPU only. */
  readonly cores: number | null;
  readonly instructionSets: readonly string[];
  /** Weights read for every token: everything but embedding rows and routed experts. */
  readonly weightBytesByType: BytesByType;
  /** All routed experts that stand here; a token reads `usedPerToken / count` of them. */
  readonly expertBytesByType: BytesByType;
  /** Weight elements that multiply every token, without routed experts; and all routed experts'. */
  readonly weightElements: number;
  readonly expertElements: number;
  /** KV bytes read for each token that is cached, in blocks of full attention. */
  readonly kvBytesPerCachedToken: number;
  /** Blocks with a sliding window: bytes a cached token, up to that many tokens. */
  readonly windows: readonly { readonly windowTokens: number; readonly kvBytesPerToken: number }[];
  /** Recurrent state that is read and written for each token of a sequence. */
  readonly stateBytes: number;
  /** Multiply-adds times two of attention, for one token against one cached token. */
  readonly attentionFlopsPerCachedToken: number;
  /** Blocks that run here, also with others at once (tensor parallelism); experts alone count none. */
  readonly blocks: number;
}

/** Everything that speed depends on, as one value. */
export interface SpeedInput {
  readonly model: {
    readonly id: string;
    readonly architecture: string;
    readonly embeddingLength: number;
    readonly blocks: number;
    /** Blocks without full attention: a window, or a recurrent state. */
    readonly lightBlocks: number;
    readonly experts: { readonly count: number; readonly usedPerToken: number } | null;
  };
  readonly quantization: string;
  readonly engine: string;
  /**
   * A llama.cpp from before July 2024, without CUDA graphs and today's Metal kernels. Only rows of that
   * time are; a plan never is.
   */
  readonly olderEngine: boolean;
  /** In the order in which a token passes them; for tensor parallelism each with its own share. */
  readonly devices: readonly SpeedDevice[];
  /** Devices that work on the same layer at once; 1 for a split by layers. */
  readonly tensorParallel: number;
  readonly workload: Workload;
  readonly kvCacheType: string;
  readonly flashAttention: boolean;
  /** Prompt tokens that the engine computes at once. */
  readonly batchTokens: number;
  /** A measurement or rehearsal of this machine with these settings: stands above any prediction. */
  readonly measurement: LocalMeasurement | null;
}

/** What `estimateSpeed` answers. Rates are of one sequence while `workload.concurrency` of them run. */
export interface SpeedEstimate {
  /** Mean over the answer: generated tokens over the time that they take. */
  readonly decodeTokensPerSecond: Estimate;
  /** Mean over the prompt, which grows the cache from empty. */
  readonly prefillTokensPerSecond: Estimate;
  /** Prompt, then the first token. */
  readonly timeToFirstTokenMs: Estimate;
  /** Prompt, thinking and answer. */
  readonly timeToAnswerMs: Estimate;
}
