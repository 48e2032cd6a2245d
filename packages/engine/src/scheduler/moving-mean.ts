/** Weight of the newest sample in a moving mean. */
const NEWEST = 0.2;

/** An exponentially weighted mean; null before the first sample. */
export class MovingMean {
  #value: number | null = null;

  get value(): number | null {
    return this.#value;
  }

  add(sample: number): void {
    if (!Number.isFinite(sample)) return;
    this.#value = this.#value === null ? sample : this.#value + (sample - this.#value) * NEWEST;
  }
}
