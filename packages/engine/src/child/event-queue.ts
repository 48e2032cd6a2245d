/** Values pushed by one side and awaited by the other, one reader. A failure passes what waits: it is told at once. */
export class EventQueue<T> {
  readonly #values: T[] = [];
  #failure: Error | null = null;
  #wake: (() => void) | null = null;

  push(value: T): void {
    if (this.#failure !== null) return;
    this.#values.push(value);
    this.#wake?.();
  }

  fail(error: Error): void {
    if (this.#failure !== null) return;
    this.#failure = error;
    this.#values.length = 0;
    this.#wake?.();
  }

  /** The next value; waits for one. Throws the failure. */
  async next(): Promise<T> {
    for (;;) {
      if (this.#failure !== null) throw this.#failure;
      const value = this.#values.shift();
      if (value !== undefined) return value;
      // Wakes once for each push: that is the wait.
      // oxlint-disable-next-line no-await-in-loop
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = null;
    }
  }
}
