import { createSseScanner } from "./scan.ts";
import type { SseFrame, SseScannerOptions } from "./scan.ts";
import { decodeUtf8 } from "./utf8.ts";

/** What one frame says. */
export interface SseEvent {
  /** The `event:` field; "message" where there is none. */
  readonly event: string;
  /** Data lines joined by LF; null where the frame has none (a comment, a keep-alive). */
  readonly data: string | null;
  readonly id: string | null;
  readonly retryMs: number | null;
  readonly comments: readonly string[];
  /** False where the stream ended before the event's blank line. */
  readonly complete: boolean;
}

/** Reads a frame as the HTML standard says (section 9.2.6), comments kept. */
export function parseSseFrame(frame: SseFrame): SseEvent {
  // Decoding drops a leading byte order mark, which only the first frame may have.
  const marked = frame.bytes[0] === 0xef && !frame.first;
  const text = (marked ? "\uFEFF" : "") + decodeUtf8(frame.bytes);
  let event = "message";
  let id: string | null = null;
  let retryMs: number | null = null;
  const data: string[] = [];
  const comments: string[] = [];
  for (const line of text.split(/\r\n|\r|\n/)) {
    if (line === "") continue;
    const colon = line.indexOf(":");
    const field = colon === -1 ? line : line.slice(0, colon);
    const rest = colon === -1 ? "" : line.slice(colon + 1);
    const value = rest.startsWith(" ") ? rest.slice(1) : rest;
    if (field === "") comments.push(value);
    else if (field === "data") data.push(value);
    else if (field === "event") event = value === "" ? "message" : value;
    else if (field === "id" && !value.includes("\0")) id = value;
    else if (field === "retry" && /^\d+$/.test(value)) retryMs = Number(value);
  }
  return {
    event,
    data: data.length === 0 ? null : data.join("\n"),
    id,
    retryMs,
    comments,
    complete: frame.complete,
  };
}

/** An incremental decoder: bytes in, events out, comments and keep-alives left out. */
export interface SseDecoder {
  push(chunk: Uint8Array): SseEvent[];
  /** The event that the end of the stream cut off, if it has data; its `complete` is false. */
  end(): SseEvent[];
}

/** A decoder over {@link createSseScanner}; throws `protocol_error` for an event past the limit. */
export function createSseDecoder(options: SseScannerOptions = {}): SseDecoder {
  const scanner = createSseScanner(options);
  return {
    push: (chunk) => read(scanner.push(chunk)),
    end: () => {
      const rest = scanner.end();
      return rest === null ? [] : read([rest]);
    },
  };
}

function read(frames: readonly SseFrame[]): SseEvent[] {
  return frames.map(parseSseFrame).filter((event) => event.data !== null);
}

/** Events of a body. Ending the loop early cancels the body. */
export async function* readSseEvents(
  body: ReadableStream<Uint8Array>,
  options: SseScannerOptions = {},
): AsyncGenerator<SseEvent, void, undefined> {
  const decoder = createSseDecoder(options);
  const reader = body.getReader();
  let ended = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      yield* decoder.push(value);
    }
    ended = true;
    yield* decoder.end();
  } finally {
    if (!ended) await reader.cancel().catch(() => {});
    reader.releaseLock();
  }
}
