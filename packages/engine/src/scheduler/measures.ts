import { ChunkSize } from "./chunk-size.ts";
import { MovingMean } from "./moving-mean.ts";
import type { SchedulerConfig, Step } from "./scheduler-types.ts";

/** Assumed before anything was measured; only decides whether a cache is worth copying. */
const FIRST_PREFILL_MS_PER_TOKEN = 1;
const FIRST_COPY_MS_PER_TOKEN = 0.1;
const RETRY_MIN_MS = 250;
const RETRY_FIRST_MS = 1000;
const RETRY_MAX_MS = 60_000;

/** What the scheduler learns from the steps that were computed. */
export class Measures {
  readonly #slots: number;
  readonly #shared: ChunkSize;
  readonly #alone: ChunkSize;
  readonly #prefill = new MovingMean();
  readonly #decode = new MovingMean();
  readonly #copy = new MovingMean();
  readonly #service = new MovingMean();

  constructor(config: SchedulerConfig) {
    this.#slots = config.slots;
    this.#shared = ChunkSize.shared(config.chunkMs, config.batchTokens);
    this.#alone = ChunkSize.alone(config.aloneChunkMs, config.batchTokens);
  }

  chunkTokens(alone: boolean): number {
    return alone ? this.#alone.tokens : this.#shared.tokens;
  }

  observe(step: Step, ms: number): void {
    if (step.prefillTokens > 0) {
      (step.alone ? this.#alone : this.#shared).observe(step.prefillTokens, ms, this.#decode.value);
      this.#prefill.add(ms / (step.prefillTokens + step.decodeTokens));
    } else if (step.decodeTokens > 0) this.#decode.add(ms);
  }

  copied(tokens: number, ms: number): void {
    if (tokens > 0) this.#copy.add(ms / tokens);
  }

  served(ms: number): void {
    this.#service.add(ms);
  }

  get prefillMsPerToken(): number {
    return this.#prefill.value ?? FIRST_PREFILL_MS_PER_TOKEN;
  }

  get copyMsPerToken(): number {
    return this.#copy.value ?? FIRST_COPY_MS_PER_TOKEN;
  }

  /** When a slot may be free for one more request behind `queued` others. */
  retryAfterMs(queued: number): number {
    if (this.#service.value === null) return RETRY_FIRST_MS;
    const ms = (this.#service.value * (queued + 1)) / this.#slots;
    return Math.round(Math.min(Math.max(ms, RETRY_MIN_MS), RETRY_MAX_MS));
  }

  /** Decode is the rate of one stream, whatever runs beside it. */
  get rates(): { prefillTokensPerSecond: number | null; decodeTokensPerSecond: number | null } {
    return {
      prefillTokensPerSecond: perSecond(this.#prefill.value),
      decodeTokensPerSecond: perSecond(this.#decode.value),
    };
  }
}

function perSecond(ms: number | null): number | null {
  return ms === null ? null : 1000 / ms;
}
