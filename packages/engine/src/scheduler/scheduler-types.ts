/** What bounds the scheduler; fixed while a context lives. */
export interface SchedulerConfig {
  /** Sequences of the context; each holds one request, or the cache of one that ended. */
  readonly slots: number;
  /** Context of one sequence. */
  readonly contextTokens: number;
  /** Most tokens that the context takes in one batch; at least `slots`. */
  readonly batchTokens: number;
  /** Requests that may wait for a slot. */
  readonly queueLimit: number;
  /** Longest time that reading a prompt may keep another stream waiting (or one token, where that is longer). */
  readonly chunkMs: number;
  /** As `chunkMs`, where no other stream waits: abort is heard, and newcomers are let in, at the end of a batch. */
  readonly aloneChunkMs: number;
  /** The binding can copy one sequence's cache to another. */
  readonly canCopy: boolean;
}

/** A request as the scheduler sees it. */
export interface StreamRequest {
  readonly id: number;
  /** Requests with the same key share one turn. */
  readonly fairnessKey: string;
  /** At least one token, fewer than `contextTokens`. */
  readonly prompt: readonly number[];
}

/** Done before the batch, in this order, to bring the caches in place. */
export type SlotOperation =
  /** The whole cache of `from` replaces that of `to`. */
  | { readonly kind: "copy"; readonly from: number; readonly to: number; readonly tokens: number }
  /** Cells from position `keep` on are dropped; `length` is how many there were. */
  | {
      readonly kind: "trim";
      readonly slot: number;
      readonly keep: number;
      readonly length: number;
    };

/** Tokens of one stream in a batch. */
export interface BatchItem {
  readonly stream: number;
  readonly slot: number;
  /** Position of the first token. */
  readonly position: number;
  readonly tokens: readonly number[];
  readonly kind: "prefill" | "decode";
  /** The last token's logits are asked for: a token is sampled. */
  readonly sample: boolean;
}

/** One call of the engine. */
export interface Step {
  readonly operations: readonly SlotOperation[];
  readonly items: readonly BatchItem[];
  readonly prefillTokens: number;
  readonly decodeTokens: number;
  /** Only one stream is there, and none waits. */
  readonly alone: boolean;
}

/** A request that got its slot. */
export interface Admission {
  readonly stream: number;
  readonly slot: number;
  /** Tokens of the prompt that the slot's cache already holds. */
  readonly cachedTokens: number;
}

export interface SchedulerState {
  readonly running: number;
  readonly queued: number;
  readonly queuedPromptTokens: number;
  readonly reservedTokens: number;
  readonly prefillTokensPerSecond: number | null;
  readonly decodeTokensPerSecond: number | null;
}
