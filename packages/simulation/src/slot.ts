import type { Job, ServiceRates } from "./service-rates.ts";
import type { Running as Work } from "./step-rates.ts";

/** Rounding leaves crumbs of work: when an event is due, what is nearly done is done. */
export const CRUMB = 1e-6;
/** Work of what takes no time, so that it is still an event. */
const LEAST = 10 * CRUMB;

/** A request that waits: new, or put back from its slot. */
export interface Waiting {
  readonly job: Job;
  /** Tokens to read: the prompt, and what was written before it was put back. */
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly told: boolean;
  /** It is in no step that began before. */
  readonly fromMs: number;
}

export interface Running extends Work {
  readonly job: Job;
  readonly entry: Waiting;
  readonly readTokens: number;
  readonly slot: number;
  /** `prompt` when rates were last set. */
  promptAtPlan: number;
  /** Count of turns when it was last read; 0 for never: those come first. */
  servedAt: number;
  /** Work that is left of its turn. */
  turnMs: number;
}

/** A request that gets this slot now, `cachedTokens` of its prompt being there already. */
export function startJob(
  entry: Waiting,
  rates: ServiceRates,
  cachedTokens: number,
  slot: number,
): Running {
  const readTokens = entry.promptTokens - cachedTokens;
  const ms =
    rates.prefillMs?.(readTokens, cachedTokens) ??
    (1000 * readTokens) / rates.prefillTokensPerSecond;
  // An empty prompt still has a first token: it is read in no time.
  const promptMs = Math.max(ms, LEAST);
  return {
    job: entry.job,
    entry,
    readTokens,
    slot,
    promptAtPlan: promptMs,
    servedAt: 0,
    turnMs: 0,
    promptMs,
    prompt: promptMs,
    output: Math.max(entry.outputTokens, LEAST),
    depth: entry.promptTokens + entry.outputTokens / 2,
  };
}

/** Tokens that it has written since it was let in. */
export function written(one: Running): number {
  return one.entry.outputTokens - Math.max(0, one.output);
}
