import type { ServiceRates } from "./service-rates.ts";

/** What a step costs for those that decode in it. */
export interface Passes {
  readonly ms: number;
  /** How many decode. */
  readonly sequences: number;
  /** The prompt that is read stands beside one that decodes: its first token is in the same pass. */
  readonly joined: boolean;
}

/** Whose slot it is: nobody's in this step, of one that decodes, of the one that is read. */
export const IDLE = 0;
export const DECODES = 1;
export const READS = 2;

/**
 * Ms of a step in which these slots decode that hold `depth` tokens together. Our engine gives each slot a cache of its
 * own, and llama.cpp then computes sequences together only where their numbers follow one another; each such run reads
 * the weights (llama.cpp v0.5.0 src/llama-batch.cpp, llama_batch_allocr::split_equal, `sequential`;
 * packages/engine/src/child/run-loop.ts, RunLoop.#compute). Others have one pass for all.
 */
export function passesOf(
  rates: ServiceRates,
  slots: Uint8Array,
  sequences: number,
  depth: number,
): Passes {
  const passMs = (count: number): number => 1000 / rates.decodeTokensPerSecond(count);
  if (sequences === 0) return { ms: 0, sequences, joined: false };
  const cacheMs = (rates.decodeMsPerCachedToken ?? 0) * depth;
  if (rates.batching?.kind !== "time") {
    return { ms: passMs(sequences) + cacheMs, sequences, joined: false };
  }
  let ms = cacheMs;
  let joined = false;
  let run = 0;
  let reads = false;
  for (let slot = 0; slot <= slots.length; slot++) {
    const use = slots[slot] ?? IDLE;
    if (use !== IDLE) {
      run++;
      reads ||= use === READS;
      continue;
    }
    if (run > 1 || (run === 1 && !reads)) ms += passMs(Math.min(run, rates.slots));
    joined ||= reads && run > 1;
    run = 0;
    reads = false;
  }
  return { ms, sequences, joined };
}
