import type { ChatData } from "../chat/data.ts";
import { WireError } from "../wire-error.ts";

/** One event of a stream as raw bytes: its lines and the blank line that ends it. */
export interface SseFrame {
  readonly bytes: Uint8Array;
  /** False for what was left when the stream ended without a blank line. */
  readonly complete: boolean;
  /** True for the first frame of a stream, which may start with a byte order mark. */
  readonly first: boolean;
  /** What `readFrame` made of it. */
  read?: ChatData | null | undefined;
}

export interface SseScannerOptions {
  /** Largest event in bytes; a longer one throws `protocol_error`. */
  readonly maxEventBytes?: number;
}

/** Finds where events end, without decoding anything: for streams that pass through. */
export interface SseScanner {
  /** Frames that ended in this chunk. They may share its memory. */
  push(chunk: Uint8Array): SseFrame[];
  /** What is left without a blank line, or null. */
  end(): SseFrame | null;
  /** Bytes that are held back for an unfinished event. */
  readonly pendingBytes: number;
}

/** Larger than any chunk that a chat engine sends (a whole answer with its log probabilities in one event). */
export const DEFAULT_MAX_EVENT_BYTES: number = 8 * 1024 * 1024;

const LF = 10;
const CR = 13;

/**
 * Where the scanner stands. A lone CR after a CRLF line is ambiguous until the next byte: it is the
 * first half of CRLF far more often than a line end of its own, so only there is a byte awaited.
 */
type Place = "in-line" | "line-start" | "after-cr" | "blank-cr-awaits-lf" | "blank-cr-done";

/**
 * An incremental scanner for CRLF, LF and CR streams. The frames joined are exactly the bytes pushed,
 * and do not depend on how the stream was cut into chunks.
 */
export function createSseScanner(options: SseScannerOptions = {}): SseScanner {
  const limit = options.maxEventBytes ?? DEFAULT_MAX_EVENT_BYTES;
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let place: Place = "line-start";
  let empty = true;
  let lineEndedByCrLf = false;
  let first = true;

  function take(tail: Uint8Array, complete: boolean): SseFrame {
    let bytes = tail;
    if (held.length > 0) {
      bytes = new Uint8Array(heldBytes + tail.length);
      let at = 0;
      for (const part of held) {
        bytes.set(part, at);
        at += part.length;
      }
      bytes.set(tail, at);
      held = [];
      heldBytes = 0;
    }
    if (bytes.length > limit) throw tooLarge(limit);
    const frame: SseFrame = { bytes, complete, first, read: undefined };
    first = false;
    empty = true;
    lineEndedByCrLf = false;
    return frame;
  }

  function push(chunk: Uint8Array): SseFrame[] {
    const frames: SseFrame[] = [];
    let start = 0;
    const onlyLf = chunk.indexOf(CR) < 0;
    for (let index = 0; index < chunk.length; index += 1) {
      const byte = chunk[index];
      if (place === "blank-cr-awaits-lf") {
        const end = byte === LF ? index + 1 : index;
        frames.push(take(chunk.subarray(start, end), true));
        start = end;
        place = "line-start";
        if (byte === LF) continue;
      } else if (place === "blank-cr-done" || place === "after-cr") {
        const fresh = place === "blank-cr-done";
        place = "line-start";
        if (byte === LF) {
          // The second half of a CRLF; behind a finished frame it only leads the next one.
          if (!fresh) lineEndedByCrLf = true;
          continue;
        }
        if (!fresh) lineEndedByCrLf = false;
      }
      if (byte !== LF && byte !== CR) {
        place = "in-line";
        empty = false;
        if (onlyLf) {
          const end = chunk.indexOf(LF, index);
          index = end < 0 ? chunk.length : end - 1;
        }
        continue;
      }
      if (place === "in-line" || empty) {
        // A line's end, or a blank line before anything: nothing to dispatch yet.
        if (byte === LF) lineEndedByCrLf = false;
        place = byte === CR ? "after-cr" : "line-start";
        continue;
      }
      if (byte === CR && lineEndedByCrLf) {
        place = "blank-cr-awaits-lf";
        continue;
      }
      frames.push(take(chunk.subarray(start, index + 1), true));
      start = index + 1;
      place = byte === CR ? "blank-cr-done" : "line-start";
    }
    if (start < chunk.length) {
      held.push(chunk.slice(start));
      heldBytes += chunk.length - start;
      if (heldBytes > limit) throw tooLarge(limit);
    }
    return frames;
  }

  return {
    push,
    end: () => {
      const complete = place === "blank-cr-awaits-lf";
      return heldBytes === 0 ? null : take(new Uint8Array(0), complete);
    },
    get pendingBytes() {
      return heldBytes;
    },
  };
}

function tooLarge(limit: number): WireError {
  return new WireError("protocol_error", `an event of the stream passes ${limit} bytes`);
}
