import { TILE_TOKENS } from "./next-batch.ts";

/** Tokens that one stream alone reads at once at the least, before it is known what a batch costs beside them. */
const ALONE_MIN_TOKENS = 8;
/** No more than this is read at once to spread a batch's fixed cost: an abort is heard at the end of a batch. */
const ALONE_MAX_FLOOR_TOKENS = 64;
/** Alone, a batch's fixed cost (reading the weights) is at most the sixth part of what its tokens cost. */
const FIXED_COST_RATIO = 6;
/** Chunks whose sizes differ by less tell noise, not the fixed cost. */
const APART = 1.25;
/** First guess, before anything was measured. */
const FIRST_CHUNK_TOKENS = 16;
/** Room left for noise: the next chunk aims at this share of the limit. */
const AIM = 0.85;
/** A chunk at most doubles from one batch to the next, so that a wrong guess costs little. */
const MAX_GROWTH = 2;

/**
 * How many prompt tokens go into the next batch so that it takes `limitMs` at most. A batch of n tokens takes a + b·n;
 * scaling n by limit / measured settles where that is the limit, whatever a and b are, and follows them as the cache grows.
 * What a decoded token takes stands for a: chunks end at edges of tiles, and a's share in a small one hides that the next fits.
 *
 * Where a alone is near the limit (a large model on a CPU), chunks that keep it would spend most of the time on reading
 * weights. A prompt that nobody waits beside then takes more: n ≥ 6·a/b, both solved from a chunk and one decoded token (a
 * batch of one), or from two chunks of unlike sizes while nothing was decoded. From one tile on, n is a number of tiles.
 */
export class ChunkSize {
  readonly #limitMs: number;
  readonly #max: number;
  readonly #spreads: boolean;
  #min: number;
  #tokens: number;
  #seen: { readonly tokens: number; readonly ms: number } | null = null;

  constructor(limitMs: number, min: number, max: number, spreads = false) {
    this.#limitMs = limitMs;
    this.#min = Math.min(min, max);
    this.#max = max;
    this.#spreads = spreads;
    this.#tokens = Math.min(Math.max(FIRST_CHUNK_TOKENS, this.#min), max);
  }

  /** For a prompt that is read beside other streams. */
  static shared(limitMs: number, batchTokens: number): ChunkSize {
    return new ChunkSize(limitMs, 1, batchTokens);
  }

  /** For a prompt that is read while nobody waits. */
  static alone(limitMs: number, batchTokens: number): ChunkSize {
    return new ChunkSize(limitMs, ALONE_MIN_TOKENS, batchTokens, true);
  }

  get tokens(): number {
    return this.#tokens;
  }

  /**
   * Learns from a batch that held `prefillTokens` of prompt and took `ms`, all that was in it included.
   * `tokenMs`: what one decoded token takes, where it is known.
   */
  observe(prefillTokens: number, ms: number, tokenMs: number | null = null): void {
    if (prefillTokens <= 0 || !(ms > 0)) return;
    if (this.#spreads) this.#learnFloor(prefillTokens, ms, tokenMs);
    const tooLong = ms > this.#limitMs;
    // The last piece of a prompt is short: it says little about a whole chunk, unless it was too long already.
    if (!tooLong && prefillTokens < this.#tokens / 2) return;
    const aimMs = this.#limitMs * AIM;
    const fixedMs = tokenMs !== null && tokenMs < Math.min(ms, aimMs) ? tokenMs : 0;
    const fits = prefillTokens * ((aimMs - fixedMs) / (ms - fixedMs));
    // Of what was allowed, not of what ended at the edge of a tile: that would be one short of the next edge for ever.
    const next = Math.floor(Math.min(fits, MAX_GROWTH * Math.max(prefillTokens, this.#tokens)));
    const grown = tooLong ? Math.min(next, this.#tokens) : next;
    this.#tokens = Math.min(Math.max(grown, this.#min), this.#max);
  }

  #learnFloor(tokens: number, ms: number, tokenMs: number | null): void {
    // A short piece says little about a chunk: rows of a small batch cost more each than those of a tile.
    if (tokens < this.#min / 2) return;
    const seen = tokenMs === null ? this.#seen : { tokens: 1, ms: tokenMs };
    this.#seen = { tokens, ms };
    if (seen === null || Math.max(tokens / seen.tokens, seen.tokens / tokens) < APART) return;
    const perTokenMs = (ms - seen.ms) / (tokens - seen.tokens);
    const fixedMs = ms - perTokenMs * tokens;
    if (!(perTokenMs > 0) || !(fixedMs > 0)) return;
    const exact = Math.ceil((FIXED_COST_RATIO * fixedMs) / perTokenMs);
    const floor = exact < TILE_TOKENS ? exact : Math.ceil(exact / TILE_TOKENS) * TILE_TOKENS;
    this.#min = Math.min(Math.max(floor, ALONE_MIN_TOKENS), ALONE_MAX_FLOOR_TOKENS, this.#max);
  }
}
