/** How an engine fills its steps while a prompt is read beside sequences that decode. */
export type Batching =
  /**
   * A step may take so long, decoding included: our scheduler (packages/engine/src/scheduler/chunk-size.ts). Prompts
   * are read in turns; one alone is read without the limit. `fixedMs` is what a pass costs that reads and
   * decodes nothing: the weights. `aloneMs` bounds the step of the one that is alone: a newcomer waits for its end.
   * Sequences that decode are one pass where their slots are neighbours (passes.ts).
   */
  | {
      readonly kind: "time";
      readonly stepMs: number;
      readonly aloneMs: number;
      readonly fixedMs: number;
    }
  /**
   * A step may hold so many tokens, decoding first; prompts are read first come, first served: vLLM
   * (vllm/v1/core/sched/scheduler.py, Scheduler.schedule: token_budget), llama-server (llama.cpp v0.5.0
   * tools/server/server.cpp, update_slots: n_batch).
   */
  | { readonly kind: "tokens"; readonly stepTokens: number };

/** A node that is switched off when nobody needs it. */
export interface Power {
  /** From the first request to readiness. */
  readonly coldStartMs: number;
  /** Switched off after so long without work. */
  readonly idleOffMs: number;
}

/** How fast a node works, for the simulation. Rates in tokens a second. */
export interface ServiceRates {
  readonly slots: number;
  readonly prefillTokensPerSecond: number;
  /** Of one sequence when `running` decode side by side; never more of them than slots. */
  readonly decodeTokensPerSecond: (running: number) => number;
  /**
   * Longest piece of a prompt that is read between two steps of decoding, ms: decoding goes on beside a
   * prefill, one token each such piece. 0: prompts are read before anything else goes on. `batching` stands above it.
   */
  readonly prefillChunkMs: number;
  /** Requests that wait at most; more are turned away. */
  readonly queueLimit: number;
  readonly batching?: Batching;
  /** Ms that a step takes longer for each token in the cache of a sequence that decodes. @default 0 */
  readonly decodeMsPerCachedToken?: number;
  /** Ms of reading, in place of `prefillTokensPerSecond`: of `tokens` behind `cached` ones. */
  readonly prefillMs?: (tokens: number, cached: number) => number;
  /**
   * Ms that decoding loses once a prompt was read: the weights come back into the processor's caches. Nothing for a model
   * that is larger than they are. @default 0
   */
  readonly settleMs?: number;
  /** Tokens that all sequences together may hold; a node without has room for all its slots. */
  readonly kvTokens?: number;
  /** Prefixes that stay in the cache. @default 0 */
  readonly keptPrefixes?: number;
  /** The first token comes with the prompt's last step, so that n tokens take n − 1 more. @default false */
  readonly firstTokenInPrefill?: boolean;
  /** Way there and back and what the server does beside computing, ms. @default 0 */
  readonly overheadMs?: number;
  /** Absent: always on. */
  readonly power?: Power;
  /** Longest prompt and answer together; longer ones are not taken. @default Infinity */
  readonly contextTokens?: number;
  /** Longest answer, thoughts included; longer ones are not taken. @default Infinity */
  readonly mostOutputTokens?: number;
}

/** Whether a node could hold a request of this size at all. */
export function holds(
  rates: ServiceRates,
  request: { readonly promptTokens: number; readonly outputTokens: number },
): boolean {
  const { contextTokens = Infinity, kvTokens = Infinity, mostOutputTokens = Infinity } = rates;
  const { promptTokens, outputTokens } = request;
  return (
    promptTokens + outputTokens <= Math.min(contextTokens, kvTokens) &&
    outputTokens <= mostOutputTokens
  );
}

/** One request at a node. */
export interface Job {
  readonly id: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly prefixKey?: string | number;
  readonly prefixTokens?: number;
}
