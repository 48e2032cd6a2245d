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

/** Work in ms of reading, and tokens of each sequence, for each ms that passes. */
export interface StepRates {
  /** Of the one whose turn it is to be read. */
  readonly prefill: number;
  readonly decode: number;
  /** How long the step takes that newcomers must wait for. */
  readonly stepMs: number;
  /** Work after which another prompt is read for a while; Infinity where each is read to its end. */
  readonly turnMs: number;
}

/** A turn is no shorter than this part of a prompt, however short the steps: else each of its tokens were an event. */
const SHORTEST_TURN = 1 / 16;

/** Ms of a step in which so many sequences decode that hold so many tokens. */
const decodeStepMs = (rates: ServiceRates, decoding: number, depth: number): number =>
  decoding === 0
    ? 0
    : 1000 / rates.decodeTokensPerSecond(decoding) + (rates.decodeMsPerCachedToken ?? 0) * depth;

/** The longest piece of reading, ms, that goes into one step beside `decodeMs` of decoding. */
function pieceMs(rates: ServiceRates, decodeMs: number, decoding: number): number {
  const { batching, prefillTokensPerSecond, prefillChunkMs } = rates;
  const tokenMs = 1000 / prefillTokensPerSecond;
  if (batching === undefined) return prefillChunkMs;
  if (batching.kind === "tokens") return Math.max(1, batching.stepTokens - decoding) * tokenMs;
  return Math.max(tokenMs, batching.stepMs - (decoding === 0 ? batching.fixedMs : decodeMs));
}

/**
 * Rates while `readers` prompts of `readingMs` together are read (the first of them `first`) and `decoding` sequences
 * decode. Prompts are read in equal pieces, a piece a step; each step also gives every decoding sequence one token.
 */
export function stepRates(
  rates: ServiceRates,
  first: Running | undefined,
  readers: number,
  readingMs: number,
  decoding: number,
  depth: number,
): StepRates {
  const { batching } = rates;
  const decodeMs = decodeStepMs(rates, decoding, depth);
  if (first === undefined) {
    return {
      prefill: 0,
      decode: decoding === 0 ? 0 : 1 / decodeMs,
      stepMs: decodeMs,
      turnMs: Infinity,
    };
  }
  if (batching === undefined && (decoding === 0 || rates.prefillChunkMs === 0)) {
    return { prefill: 1, decode: 0, stepMs: 0, turnMs: Infinity };
  }
  if (decoding === 0 && (readers === 1 || batching?.kind === "tokens")) {
    if (batching?.kind !== "time") {
      return {
        prefill: 1,
        decode: 0,
        stepMs: Math.min(first.prompt, pieceMs(rates, 0, 0)),
        turnMs: Infinity,
      };
    }
    const { aloneMs, fixedMs } = batching;
    const steps = Math.ceil((first.promptMs + fixedMs) / aloneMs);
    const wholeMs = first.promptMs + steps * fixedMs;
    return {
      prefill: first.promptMs / wholeMs,
      decode: 0,
      stepMs: wholeMs / steps,
      turnMs: Infinity,
    };
  }
  const longest = pieceMs(rates, decodeMs, decoding);
  const piece = batching === undefined ? longest : readingMs / Math.ceil(readingMs / longest);
  const fixedMs = decoding === 0 && batching?.kind === "time" ? batching.fixedMs : decodeMs;
  const stepMs = piece + fixedMs;
  return {
    prefill: piece / stepMs,
    decode: decoding === 0 ? 0 : 1 / stepMs,
    stepMs,
    turnMs:
      batching?.kind === "time" && readers > 1
        ? Math.max(longest, first.promptMs * SHORTEST_TURN)
        : Infinity,
  };
}
