/** What is asked of the model: the sizes of one exchange, the context of one sequence, how many at once. */
export interface Workload {
  readonly promptTokens: number;
  /** Tokens of thinking before the answer. */
  readonly reasoningTokens: number;
  readonly answerTokens: number;
  /** Context of one sequence, in tokens: prompt, thinking and answer must fit in it. */
  readonly contextTokens: number;
  /** Sequences that run side by side. */
  readonly concurrency: number;
}

/** The workload assumed where nothing is said: one QwQ-length exchange in a 16k context. */
export const DEFAULT_WORKLOAD: Workload = {
  promptTokens: 1024,
  reasoningTokens: 4096,
  answerTokens: 512,
  contextTokens: 16_384,
  concurrency: 1,
};

/** Tokens a second below which a plan fits but is not called usable. A setting; this is its default. */
export const DEFAULT_USABLE_TOKENS_PER_SECOND = 3;
