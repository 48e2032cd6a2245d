/** Tokens that one stream alone reads at once at the least: below, most of a batch is spent on reading the weights. */
const ALONE_MIN_TOKENS = 8;
/** First guess, before anything was measured. */
const FIRST_CHUNK_TOKENS = 16;
/** Room left for noise: the next chunk aims at this share of the limit. */
const AIM = 0.85;
/** A chunk at most doubles from one batch to the next, so that a wrong guess costs little. */
const MAX_GROWTH = 2;

/**
 * How many prompt tokens go into the next batch so that it takes `limitMs` at most. A batch of n tokens takes a + b·n;
 * scaling n by limit / measured settles where that is the limit, whatever a and b are, and follows them as the cache grows.
 */
export class ChunkSize {
  readonly #limitMs: number;
  readonly #min: number;
  readonly #max: number;
  #tokens: number;

  constructor(limitMs: number, min: number, max: number) {
    this.#limitMs = limitMs;
    this.#min = Math.min(min, max);
    this.#max = max;
    this.#tokens = Math.min(Math.max(FIRST_CHUNK_TOKENS, this.#min), max);
  }

  /** For a prompt that is read beside other streams. */
  static shared(limitMs: number, batchTokens: number): ChunkSize {
    return new ChunkSize(limitMs, 1, batchTokens);
  }

  /** For a prompt that is read while nobody waits. */
  static alone(limitMs: number, batchTokens: number): ChunkSize {
    return new ChunkSize(limitMs, ALONE_MIN_TOKENS, batchTokens);
  }

  get tokens(): number {
    return this.#tokens;
  }

  /** Learns from a batch that held `prefillTokens` of prompt and took `ms`, all that was in it included. */
  observe(prefillTokens: number, ms: number): void {
    if (prefillTokens <= 0 || !(ms > 0)) return;
    const tooLong = ms > this.#limitMs;
    // The last piece of a prompt is short: it says little about a whole chunk, unless it was too long already.
    if (!tooLong && prefillTokens < this.#tokens / 2) return;
    const scale = Math.min((this.#limitMs * AIM) / ms, MAX_GROWTH);
    const next = Math.floor(prefillTokens * scale);
    const grown = tooLong ? Math.min(next, this.#tokens) : next;
    this.#tokens = Math.min(Math.max(grown, this.#min), this.#max);
  }
}
