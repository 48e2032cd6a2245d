import { QwqError } from "@qwq-fit/schema";

/** Counts requests of an engine that we do not schedule ourselves, and bounds those that wait. */
export class Gate {
  readonly #slots: number;
  readonly #queueLimit: number;
  readonly #closing = new AbortController();
  #requests = 0;

  constructor(slots: number, queueLimit: number) {
    this.#slots = slots;
    this.#queueLimit = queueLimit;
  }

  get running(): number {
    return Math.min(this.#requests, this.#slots);
  }

  get queued(): number {
    return Math.max(0, this.#requests - this.#slots);
  }

  get full(): boolean {
    return this.#requests >= this.#slots + this.#queueLimit;
  }

  get closed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Ends what runs. */
  close(): void {
    this.#closing.abort();
  }

  /**
   * Lets a request in. The signal fires when the caller's does, when the engine is closed, or when the request leaves.
   * @throws QwqError `saturated`, `aborted`.
   */
  enter(signal: AbortSignal | undefined): { signal: AbortSignal; leave: () => void } {
    if (signal?.aborted === true || this.closed) {
      throw new QwqError("aborted", "The request was aborted.");
    }
    if (this.full) {
      throw new QwqError("saturated", "The engine has as many requests as it may have.", {
        details: { retryAfterMs: 1000 },
      });
    }
    this.#requests++;
    const left = new AbortController();
    const signals = [this.#closing.signal, left.signal, ...(signal === undefined ? [] : [signal])];
    return {
      signal: AbortSignal.any(signals),
      leave: () => {
        if (left.signal.aborted) return;
        left.abort();
        this.#requests--;
      },
    };
  }
}
