import { setTimeout } from "node:timers/promises";
import { QwqError } from "@qwq-fit/schema";
import type { DownloadOptions } from "./download-types.ts";
import { RetryableFault } from "./fetch-range.ts";

const LONGEST_RETRY_MS = 20_000;

/** Tries again while a try may mend it, with growing pauses. */
export async function withRetries<T>(
  options: DownloadOptions,
  run: (attempt: number) => Promise<T>,
): Promise<T> {
  const tries = options.tries ?? 6;
  for (let attempted = 1; ; attempted++) {
    try {
      // oxlint-disable-next-line no-await-in-loop
      return await run(attempted);
    } catch (error) {
      if (options.signal?.aborted === true) {
        throw new QwqError("aborted", "The download was aborted.", { cause: error });
      }
      if (!(error instanceof RetryableFault)) throw error;
      if (attempted >= tries) {
        throw new QwqError("download_failed", `The download failed: ${error.message}.`, {
          cause: error,
          hint: "Try again: what is there is kept.",
        });
      }
      const pause = error.retryAfterMs ?? (options.retryMs ?? 500) * 2 ** (attempted - 1);
      // oxlint-disable-next-line no-await-in-loop
      await setTimeout(
        Math.min(pause, LONGEST_RETRY_MS),
        undefined,
        options.signal === undefined ? {} : { signal: options.signal },
      ).catch(() => {});
    }
  }
}
