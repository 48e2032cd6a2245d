import type { MiddleSizes } from "../fleet/speed-table.ts";
import type { Trace } from "./read-trace.ts";

/** What a trace is like. */
export interface TraceFacts {
  /** How long it lasts; the mean pause is added behind its last request. */
  readonly spanMs: number;
  /** Null where times were not dates. */
  readonly startedAt: string | null;
  readonly mean: {
    readonly promptTokens: number;
    readonly reasoningTokens: number;
    readonly answerTokens: number;
  };
  readonly sizes: MiddleSizes;
  readonly middleReasoningTokens: number;
  /** Prompt and answer of the longest request. */
  readonly longestTokens: number;
}

const HOUR_MS = 3_600_000;
/** Times before this count from zero and are no dates: 2001-09-09. */
const FIRST_DATE_MS = 1e12;

/** Looks through the whole trace once. An empty trace has no facts: check its length before. */
export function traceFacts({ store, spanMs }: Trace): TraceFacts {
  const count = store.length;
  let prompt = 0;
  let reasoning = 0;
  let output = 0;
  let longestTokens = 0;
  for (let i = 0; i < count; i++) {
    prompt += store.promptTokens(i);
    reasoning += store.reasoningTokens(i);
    output += store.outputTokens(i);
    longestTokens = Math.max(longestTokens, store.promptTokens(i) + store.outputTokens(i));
  }
  const lastMs = store.arrivalMs(count - 1);
  return {
    spanMs: Math.max(
      spanMs ?? 0,
      count > 1 && lastMs > 0 ? (lastMs * count) / (count - 1) : HOUR_MS,
    ),
    startedAt: store.firstMs < FIRST_DATE_MS ? null : new Date(store.firstMs).toISOString(),
    mean: {
      promptTokens: prompt / count,
      reasoningTokens: reasoning / count,
      answerTokens: (output - reasoning) / count,
    },
    sizes: {
      promptTokens: Math.max(1, Math.round(prompt / count)),
      outputTokens: Math.max(1, Math.round(output / count)),
    },
    middleReasoningTokens: Math.round(reasoning / count),
    longestTokens,
  };
}
