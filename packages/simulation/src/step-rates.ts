import type { Passes } from "./passes.ts";
import type { ServiceRates } from "./service-rates.ts";

/** A request that has its slot, with the work that is left of it. */
export interface Running {
  /** Ms of reading that are left, and of all of it. */
  prompt: number;
  readonly promptMs: number;
  /** Tokens still to write. */
  output: number;
  /** Tokens in the cache behind which it decodes, at the middle of its answer. */
  readonly depth: number;
}

/** Prompts that are read: the one whose turn it is, how many there are, and the ms of reading that all have left. */
export interface Reading {
  readonly first: Running;
  readonly readers: number;
  readonly leftMs: number;
}

/** Work in ms of reading, and tokens of each sequence, for each ms that passes. */
export interface StepRates {
  /** Of the one whose turn it is to be read, or of all together. */
  readonly prefill: number;
  readonly decode: number;
  readonly stepMs: number;
  /** Work after which another prompt is read for a while; Infinity where each is read to its end. */
  readonly turnMs: number;
  /** What is left of all prompts goes into one step: all are read at its end. */
  readonly together: boolean;
}

/** A turn is no shorter than this part of a prompt, however short the steps: else each of its tokens were an event. */
const SHORTEST_TURN = 1 / 16;
/** Steps take so many times as long until what reading a prompt left behind is made good. */
export const SETTLING = 2;
/**
 * Of a prompt that is alone as many tokens are read at once that the weights cost a sixth of them, 8 to 64, whatever the
 * limit (packages/engine/src/scheduler/chunk-size.ts: FIXED_COST_RATIO, ALONE_MIN_TOKENS, ALONE_MAX_FLOOR_TOKENS).
 */
const ALONE_FIXED_RATIO = 6;
const ALONE_LEAST_TOKENS = 8;
const ALONE_MOST_TOKENS = 64;

/** The longest piece of reading, ms, that goes into one step beside the passes of decoding. */
function longestMs(rates: ServiceRates, passes: Passes, alone: boolean): number {
  const { batching, prefillChunkMs } = rates;
  const tokenMs = 1000 / rates.prefillTokensPerSecond;
  if (batching === undefined) return prefillChunkMs;
  if (batching.kind === "tokens") {
    return Math.max(1, batching.stepTokens - passes.sequences) * tokenMs;
  }
  const { aloneMs, stepMs, fixedMs } = batching;
  if (!alone) return Math.max(tokenMs, stepMs - passes.ms - fixedMs);
  const spread = Math.max(ALONE_FIXED_RATIO * fixedMs, ALONE_LEAST_TOKENS * tokenMs);
  return Math.max(aloneMs - fixedMs, Math.min(spread, ALONE_MOST_TOKENS * tokenMs));
}

/**
 * Rates while prompts are read and sequences decode. Prompts are read in equal pieces, a piece a step; each step also
 * gives every decoding sequence one token. `settling`: a prompt was just read.
 */
export function stepRates(
  rates: ServiceRates,
  passes: Passes,
  reading: Reading | undefined,
  settling: boolean,
): StepRates {
  const { batching } = rates;
  const { sequences: decoding, ms: decodeMs } = passes;
  const none = { turnMs: Infinity, together: false };
  if (reading === undefined) {
    const stepMs = settling ? SETTLING * decodeMs : decodeMs;
    return { prefill: 0, decode: decoding === 0 ? 0 : 1 / stepMs, stepMs, ...none };
  }
  const { first, readers, leftMs } = reading;
  if (batching === undefined) {
    if (decoding === 0 || rates.prefillChunkMs === 0) {
      return { prefill: 1, decode: 0, stepMs: 0, ...none };
    }
    const stepMs = rates.prefillChunkMs + decodeMs;
    return { prefill: rates.prefillChunkMs / stepMs, decode: 1 / stepMs, stepMs, ...none };
  }
  const longest = longestMs(rates, passes, decoding === 0 && readers === 1);
  const piece = leftMs / Math.max(1, Math.ceil(leftMs / longest));
  // One token of it is in the pass of its neighbours; the rest is a pass of its own, which reads the weights again.
  const ownMs = passes.joined ? piece - 1000 / rates.prefillTokensPerSecond : piece;
  const fixedMs = batching.kind === "time" ? batching.fixedMs : 0;
  const stepMs = decodeMs + (ownMs > 0 ? ownMs + fixedMs : 0);
  const together = readers > 1 && leftMs <= longest;
  const inTurns = batching.kind === "time" && readers > 1 && !together;
  return {
    prefill: piece / stepMs,
    decode: decoding === 0 ? 0 : 1 / stepMs,
    stepMs,
    turnMs: inTurns ? Math.max(longest, first.promptMs * SHORTEST_TURN) : Infinity,
    together,
  };
}
