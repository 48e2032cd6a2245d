import { QwqError } from "@qwq-fit/schema";

/** Waiting for something that becomes ready, fails for good, or goes back to not ready. */
export class Readiness {
  #ready = false;
  #failure: QwqError | null = null;
  #waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];

  /** Resolves when it is ready. @throws QwqError the failure; `aborted` when the signal fires first. */
  async until(signal?: AbortSignal): Promise<void> {
    if (this.#failure !== null) throw this.#failure;
    if (signal?.aborted === true) throw aborted();
    if (this.#ready) return;
    await new Promise<void>((resolve, reject) => {
      const abort = (): void => reject(aborted());
      signal?.addEventListener("abort", abort, { once: true });
      const settled = (): void => signal?.removeEventListener("abort", abort);
      this.#waiting.push({
        resolve: () => {
          settled();
          resolve();
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      });
    });
  }

  ready(): void {
    this.#ready = true;
    for (const { resolve } of this.#taken()) resolve();
  }

  notReady(): void {
    this.#ready = false;
  }

  /** For good: all who wait, and who come, are told. */
  fail(error: QwqError): void {
    this.#failure ??= error;
    for (const { reject } of this.#taken()) reject(error);
  }

  #taken(): { resolve: () => void; reject: (error: Error) => void }[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting;
  }
}

export function aborted(): QwqError {
  return new QwqError("aborted", "The request was aborted.");
}
