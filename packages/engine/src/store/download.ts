import { rename, rm } from "node:fs/promises";
import { QwqError } from "@qwq-fit/schema";
import type { DownloadOptions, DownloadSource, Downloaded } from "./download-types.ts";
import { ChangedFile, fetchRange } from "./fetch-range.ts";
import { takeLock } from "../lock/take-lock.ts";
import { PartialFile } from "./partial-file.ts";
import { fetchPiece } from "./fetch-piece.ts";
import { hashFile } from "./hash-file.ts";
import { ProgressTeller } from "./progress-teller.ts";
import { withRetries } from "./retries.ts";

const DEFAULT_PIECE_BYTES = 16 * 1024 * 1024;
/** A server may put out a new file once while we read; twice is a fault. */
const MOST_CHANGES = 2;

/**
 * Fetches a file in parallel pieces to `target`. What was there from a try before is kept; the file comes under its name
 * only when it is whole, of the stated length, and of the stated SHA-256.
 * @throws QwqError `download_failed`, `hash_mismatch`, `disk_full`, `locked`, `aborted`, `unauthorized`, `forbidden`,
 * `unknown_model`.
 */
export async function downloadFile(
  source: DownloadSource,
  target: string,
  options: DownloadOptions = {},
): Promise<Downloaded> {
  const lock = await takeLock(`${target}.lock`, options.lockWaitMs ?? 0, options.signal);
  try {
    for (let change = 0; ; change++) {
      try {
        // A second time only where the file changed under the first.
        // oxlint-disable-next-line no-await-in-loop
        return await attempt(source, target, options);
      } catch (error) {
        if (!(error instanceof ChangedFile)) throw error;
        // oxlint-disable-next-line no-await-in-loop
        await PartialFile.discard(target);
        if (change >= MOST_CHANGES) {
          throw new QwqError("download_failed", "The file keeps changing at the server.", {
            cause: error,
            hint: "Try again later, or another mirror.",
          });
        }
      }
    }
  } finally {
    await lock.release();
  }
}

async function attempt(
  source: DownloadSource,
  target: string,
  options: DownloadOptions,
): Promise<Downloaded> {
  const pieceBytes = options.pieceBytes ?? DEFAULT_PIECE_BYTES;
  const head = await withRetries(options, () => probe(source, options));
  const bytes = head.totalBytes ?? source.bytes;
  if (bytes === null)
    throw new QwqError("download_failed", "The server does not say how long the file is.");
  if (source.bytes !== null && bytes !== source.bytes) {
    throw new QwqError(
      "download_failed",
      `The server's file has ${bytes} bytes; its hub lists ${source.bytes}.`,
      { hint: "A mirror may be behind: try another HF_ENDPOINT, or later." },
    );
  }
  const known = await PartialFile.known(target);
  const same =
    known !== null &&
    known.bytes === bytes &&
    known.etag === head.etag &&
    known.url === source.url &&
    head.partial;
  const file = await PartialFile.open(
    target,
    same
      ? known
      : {
          schemaVersion: 1,
          url: source.url,
          bytes,
          etag: head.etag,
          // A server without ranges sends the whole at once.
          pieceBytes: head.partial ? pieceBytes : Math.max(bytes, 1),
          done: [],
        },
  );
  const resumedBytes = file.heldBytes;
  const teller = new ProgressTeller(bytes, resumedBytes, options.onProgress);
  try {
    await fetchMissing(source, file, head.partial, options, teller);
    await file.complete();
  } catch (error) {
    await file.close();
    throw error;
  }
  const sha256 = await hashFile(`${target}.partial`, teller, options.signal);
  if (source.sha256 !== null && sha256 !== source.sha256) {
    await PartialFile.discard(target);
    throw new QwqError("hash_mismatch", "The file is not the one that its hub lists.", {
      hint: "It was removed. Try again; if it comes again, the server or something on the way is broken.",
      details: { sha256, expectedSha256: source.sha256 },
    });
  }
  await rename(`${target}.partial`, target);
  await rm(`${target}.partial.json`, { force: true });
  return { path: target, bytes, sha256, resumedBytes };
}

/** The file's length and tag, by a request for its first byte. */
async function probe(
  source: DownloadSource,
  options: DownloadOptions,
): Promise<{ totalBytes: number | null; etag: string | null; partial: boolean }> {
  const stop = new AbortController();
  const timer = AbortSignal.timeout(options.stallMs ?? 30_000);
  const signals = [stop.signal, timer, ...(options.signal === undefined ? [] : [options.signal])];
  const answer = await fetchRange({
    source,
    start: 0,
    end: 1,
    signal: AbortSignal.any(signals),
    fetch: options.fetch ?? fetch,
  });
  stop.abort();
  await answer.body.cancel().catch(() => {});
  return answer;
}

async function fetchMissing(
  source: DownloadSource,
  file: PartialFile,
  partial: boolean,
  options: DownloadOptions,
  teller: ProgressTeller,
): Promise<void> {
  const missing = file.missing;
  const failed = new AbortController();
  const signals = [failed.signal, ...(options.signal === undefined ? [] : [options.signal])];
  const signal = AbortSignal.any(signals);
  const worker = async (): Promise<void> => {
    for (;;) {
      const piece = missing.shift();
      if (piece === undefined) return;
      // Each worker takes one piece after the other.
      // oxlint-disable-next-line no-await-in-loop
      await fetchPiece({ source, file, piece, partial, options, signal, teller });
    }
  };
  const connections = Math.min(options.connections ?? 4, missing.length);
  const workers = Array.from({ length: connections }, async () => {
    try {
      await worker();
    } catch (error) {
      failed.abort();
      throw error;
    }
  });
  const results = await Promise.allSettled(workers);
  const faults = results.flatMap((r) => (r.status === "rejected" ? [r.reason as unknown] : []));
  // The first to fail stops the others; theirs is only that they were stopped.
  const fault = faults.find((one) => !QwqError.is(one, "aborted")) ?? faults[0];
  if (options.signal?.aborted === true) throw new QwqError("aborted", "The download was aborted.");
  if (fault !== undefined) throw fault;
}
