/** Progress of the last seconds counts; older bytes say little about the time left. */
const WINDOW_MS = 5000;

/** How fast bytes come in. */
export class RateMeter {
  readonly #samples: { readonly atMs: number; readonly bytes: number }[] = [];

  add(atMs: number, bytes: number): void {
    this.#samples.push({ atMs, bytes });
    while ((this.#samples[0]?.atMs ?? atMs) < atMs - WINDOW_MS) this.#samples.shift();
  }

  /** Bytes a second over the window; null before there is one to speak of. */
  rate(nowMs: number): number | null {
    const first = this.#samples[0];
    if (first === undefined || nowMs - first.atMs < 200) return null;
    const bytes = this.#samples.reduce((sum, sample) => sum + sample.bytes, 0);
    return (bytes * 1000) / (nowMs - first.atMs);
  }
}
