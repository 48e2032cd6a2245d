import type { DownloadOptions, DownloadSource } from "./download-types.ts";
import { ChangedFile, RetryableFault, fetchRange } from "./fetch-range.ts";
import type { PartialFile } from "./partial-file.ts";
import type { ProgressTeller } from "./progress-teller.ts";
import { withRetries } from "./retries.ts";

export interface PieceRequest {
  readonly source: DownloadSource;
  readonly file: PartialFile;
  readonly piece: number;
  /** The server takes ranges. */
  readonly partial: boolean;
  readonly options: DownloadOptions;
  readonly signal: AbortSignal;
  readonly teller: ProgressTeller;
}

/** Fetches one piece of a file. What a cut request brought is kept; the next asks for the rest. */
export async function fetchPiece(request: PieceRequest): Promise<void> {
  const { file, piece, partial, options, signal, teller } = request;
  const { start, end } = file.range(piece);
  let at = start;
  if (start < end) {
    await withRetries({ ...options, signal }, async () => {
      for (;;) {
        // Without ranges every try begins at the start.
        const from = partial ? at : start;
        teller.add(from - at);
        at = from;
        try {
          // oxlint-disable-next-line no-await-in-loop
          await read(request, from, end, (bytes) => {
            at += bytes;
            teller.add(bytes);
          });
          return;
        } catch (error) {
          // A try that brought something was not in vain: it does not count.
          if (!(error instanceof RetryableFault) || at === from || !partial) throw error;
        }
      }
    });
  }
  await file.finished(piece);
}

async function read(
  { source, file, options, signal, partial }: PieceRequest,
  start: number,
  end: number,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const stall = new AbortController();
  const stallMs = options.stallMs ?? 30_000;
  let timer = setTimeout(() => stall.abort(), stallMs);
  const alive = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => stall.abort(), stallMs);
  };
  try {
    const answer = await fetchRange({
      source,
      start,
      end,
      signal: AbortSignal.any([signal, stall.signal]),
      fetch: options.fetch ?? fetch,
    });
    const { bytes, etag } = file.state;
    const changed = answer.totalBytes !== null && answer.totalBytes !== bytes;
    if (answer.etag !== etag || changed || answer.partial !== partial) {
      await answer.body.cancel().catch(() => {});
      throw new ChangedFile("the file at the server is another one than before");
    }
    await store(answer.body, file, start, end, (count) => {
      alive();
      onBytes(count);
    });
  } catch (error) {
    if (stall.signal.aborted) throw new RetryableFault(`nothing came for ${stallMs} ms`);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Writes a body to its place. More than was asked for is not written, and a fault; so is less. */
async function store(
  body: ReadableStream<Uint8Array>,
  file: PartialFile,
  start: number,
  end: number,
  onBytes: (bytes: number) => void,
): Promise<void> {
  let at = start;
  const reader = body.getReader();
  try {
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop
      const { done, value } = await reader.read().catch((error: unknown) => {
        throw new RetryableFault(error instanceof Error ? error.message : String(error));
      });
      if (done) break;
      const wanted = value.subarray(0, end - at);
      // oxlint-disable-next-line no-await-in-loop
      await file.write(wanted, at);
      at += wanted.length;
      onBytes(wanted.length);
      if (wanted.length < value.length) break;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
  if (at < end) throw new RetryableFault("the connection ended too early");
}
