import type { DownloadProgress } from "./download-types.ts";
import { RateMeter } from "./rate-meter.ts";

/** At most so often is progress told. */
const INTERVAL_MS = 200;

/** Counts what comes in and tells it, not too often. */
export class ProgressTeller {
  readonly #total: number;
  readonly #tell: ((progress: DownloadProgress) => void) | undefined;
  readonly #rate = new RateMeter();
  #bytes: number;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(
    totalBytes: number,
    heldBytes: number,
    tell: ((progress: DownloadProgress) => void) | undefined,
  ) {
    this.#total = totalBytes;
    this.#bytes = heldBytes;
    this.#tell = tell;
  }

  /** Bytes came; negative where some have to come again. */
  add(bytes: number): void {
    if (bytes === 0) return;
    this.#bytes += bytes;
    const now = performance.now();
    if (bytes > 0) this.#rate.add(now, bytes);
    if (now - this.#toldAt < INTERVAL_MS && this.#bytes < this.#total) return;
    this.#toldAt = now;
    const rate = this.#rate.rate(now);
    this.#tell?.({
      bytes: this.#bytes,
      totalBytes: this.#total,
      bytesPerSecond: rate,
      remainingMs: rate === null || rate === 0 ? null : ((this.#total - this.#bytes) * 1000) / rate,
      phase: "downloading",
    });
  }

  verified(bytes: number, totalBytes: number): void {
    const now = performance.now();
    if (now - this.#toldAt < INTERVAL_MS && bytes < totalBytes) return;
    this.#toldAt = now;
    this.#tell?.({
      bytes,
      totalBytes,
      bytesPerSecond: null,
      remainingMs: null,
      phase: "verifying",
    });
  }
}
