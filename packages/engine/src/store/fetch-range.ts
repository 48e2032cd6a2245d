import { QwqError } from "@qwq-fit/schema";
import type { DownloadSource } from "./download-types.ts";

/** Something that another try may mend. */
export class RetryableFault extends Error {
  override readonly name: string = "RetryableFault";
  readonly retryAfterMs: number | null;

  constructor(message: string, retryAfterMs: number | null = null) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

/** The file at the server is another one than before. */
export class ChangedFile extends Error {
  override readonly name: string = "ChangedFile";
}

export interface RangeAnswer {
  readonly body: ReadableStream<Uint8Array>;
  /** Length of the whole file; null where the server does not say. */
  readonly totalBytes: number | null;
  readonly etag: string | null;
  /** False: the server sends the whole file, from its start. */
  readonly partial: boolean;
}

export interface RangeRequest {
  readonly source: DownloadSource;
  readonly start: number;
  /** First byte that is not wanted. */
  readonly end: number;
  readonly signal: AbortSignal;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
}

/**
 * Asks for a part of a file, and holds the answer's head to what was asked.
 * @throws QwqError that no other try mends; RetryableFault; ChangedFile where the length is another.
 */
export async function fetchRange(request: RangeRequest): Promise<RangeAnswer> {
  const { source, start, end, signal } = request;
  let response: Response;
  try {
    response = await request.fetch(source.url, {
      headers: {
        ...source.headers,
        range: `bytes=${start}-${end - 1}`,
        // What is counted are the file's bytes, not those of a compressed copy.
        "accept-encoding": "identity",
      },
      // The client drops the token where it is sent on to another host.
      redirect: "follow",
      signal,
    });
  } catch (error) {
    throw new RetryableFault(error instanceof Error ? error.message : String(error));
  }
  const { status, body } = response;
  if (status !== 200 && status !== 206) {
    await body?.cancel().catch(() => {});
    throw statusFault(status, response.headers.get("retry-after"));
  }
  if (body === null) throw new RetryableFault("an answer without a body");
  const etag = response.headers.get("etag");
  if (status === 200) {
    const length = response.headers.get("content-length");
    return { body, etag, totalBytes: length === null ? null : Number(length), partial: false };
  }
  const match = /^bytes (\d+)-(\d+)\/(\d+|\*)$/u.exec(response.headers.get("content-range") ?? "");
  if (match === null || Number(match[1]) !== start || Number(match[2]) !== end - 1) {
    const total = match?.[3] === undefined || match[3] === "*" ? null : Number(match[3]);
    await body.cancel().catch(() => {});
    if (total !== null && total < end) throw new ChangedFile("the file is shorter than it was");
    throw new RetryableFault("an answer with another range than asked");
  }
  const totalBytes = match[3] === "*" ? null : Number(match[3]);
  return { body, etag, totalBytes, partial: true };
}

function statusFault(status: number, retryAfter: string | null): Error {
  const details = { status };
  if (status === 401) {
    return new QwqError("unauthorized", "The server asks who you are.", {
      hint: "For a private or gated model set HF_TOKEN.",
      details,
    });
  }
  if (status === 403) {
    return new QwqError("forbidden", "The file is not open to you.", {
      hint: "Accept the model's terms on its page, and set HF_TOKEN to a token of that account.",
      details,
    });
  }
  if (status === 404 || status === 410) {
    return new QwqError("unknown_model", "The file is not there.", {
      hint: "Check the name of the repository and the file.",
      details,
    });
  }
  if (status === 416) return new ChangedFile("the file is shorter than it was");
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    const seconds = retryAfter === null ? Number.NaN : Number(retryAfter);
    return new RetryableFault(`status ${status}`, Number.isFinite(seconds) ? seconds * 1000 : null);
  }
  return new QwqError("download_failed", `The server answers with status ${status}.`, { details });
}
