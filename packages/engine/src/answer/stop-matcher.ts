/** Looks for stop strings in a text that comes in pieces, and holds back what may be the start of one. */
export class StopMatcher {
  readonly #stops: readonly string[];
  #pending = "";

  constructor(stops: readonly string[]) {
    this.#stops = stops.filter((stop) => stop !== "");
  }

  /** What may be given out now, and the stop string if one is complete: nothing of it, or behind it, is given out. */
  push(piece: string): { text: string; stop: string | null } {
    this.#pending += piece;
    let at = -1;
    let found: string | null = null;
    for (const stop of this.#stops) {
      const index = this.#pending.indexOf(stop);
      if (index >= 0 && (found === null || index < at)) [at, found] = [index, stop];
    }
    if (found !== null) {
      const text = this.#pending.slice(0, at);
      this.#pending = "";
      return { text, stop: found };
    }
    const held = this.#held();
    const text = this.#pending.slice(0, this.#pending.length - held);
    this.#pending = this.#pending.slice(this.#pending.length - held);
    return { text, stop: null };
  }

  /** What was held back, once no more comes. */
  flush(): string {
    const text = this.#pending;
    this.#pending = "";
    return text;
  }

  /** Length of the longest end of the text that is the start of a stop string. */
  #held(): number {
    let held = 0;
    for (const stop of this.#stops) {
      for (let n = Math.min(stop.length - 1, this.#pending.length); n > held; n--) {
        if (this.#pending.endsWith(stop.slice(0, n))) held = n;
      }
    }
    return held;
  }
}
