/** A file to fetch. */
export interface DownloadSource {
  readonly url: string;
  /** Sent with each request; secrets go here, never into the URL. */
  readonly headers: Readonly<Record<string, string>>;
  /** As the hub says; null where it is not known before. */
  readonly bytes: number | null;
  /** Lower case hex, as the hub says; null where it does not. */
  readonly sha256: string | null;
}

export interface DownloadProgress {
  readonly bytes: number;
  readonly totalBytes: number;
  /** Over the last seconds; null at first. */
  readonly bytesPerSecond: number | null;
  readonly remainingMs: number | null;
  readonly phase: "downloading" | "verifying";
}

export interface DownloadOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Requests side by side. Default 4. */
  readonly connections?: number;
  /** Bytes of one request. Default 16 MiB. */
  readonly pieceBytes?: number;
  /** A request that brings nothing for this long is given up and sent again. Default 30 s. */
  readonly stallMs?: number;
  /** Tries in a row that bring nothing, after which the download fails. Default 6. */
  readonly tries?: number;
  /** Pause before the second try; doubles each time. Default 500 ms. */
  readonly retryMs?: number;
  /** How long another process's download of the same file is waited for. Default: not at all. */
  readonly lockWaitMs?: number;
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
}

export interface Downloaded {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Bytes that were there from an earlier try. */
  readonly resumedBytes: number;
}
