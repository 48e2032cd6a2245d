import { DECODES, IDLE, type Passes, passesOf, READS } from "./passes.ts";
import type { ServiceRates } from "./service-rates.ts";
import type { Running } from "./slot.ts";

/** What those that run have before them. */
export interface Survey {
  /** The prompt whose turn it is. */
  readonly first: Running | undefined;
  readonly readers: number;
  /** Ms of reading that all prompts have left. */
  readonly leftMs: number;
  /** Tokens that the one has to write that has the fewest left. */
  readonly shortest: number;
  readonly passes: Passes;
}

/** Looks over those that run. `uses` has a place for each slot where slots matter, and is written over. */
export function survey(rates: ServiceRates, running: readonly Running[], uses: Uint8Array): Survey {
  const inTurns = rates.batching?.kind === "time";
  let first: Running | undefined;
  let readers = 0;
  let leftMs = 0;
  let decoding = 0;
  let depth = 0;
  let shortest = Infinity;
  uses.fill(IDLE);
  for (const one of running) {
    if (one.prompt > 0) {
      if (first === undefined || (inTurns && one.servedAt < first.servedAt)) first = one;
      readers++;
      leftMs += one.prompt;
      one.promptAtPlan = one.prompt;
      continue;
    }
    decoding++;
    depth += one.depth;
    uses[one.slot] = DECODES;
    if (one.output < shortest) shortest = one.output;
  }
  if (first !== undefined) uses[first.slot] = READS;
  return { first, readers, leftMs, shortest, passes: passesOf(rates, uses, decoding, depth) };
}
