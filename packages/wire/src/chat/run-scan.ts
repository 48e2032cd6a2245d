import {
  createSseScanner,
  DEFAULT_MAX_EVENT_BYTES,
  type SseFrame,
  type SseScanner,
} from "../sse/scan.ts";

/**
 * Finds where events end and which of them need looking at, in one pass over the bytes and without parsing. An event is
 * plain where it is one whole JSON object (or a comment) that tells of no end: no finish reason, no usage, no error, no
 * `[DONE]`.
 */
export interface RunScanner {
  /** Takes bytes in; what they hold is asked for by `next`, and the list is empty. */
  push(chunk: Uint8Array): SseFrame[];
  /** The next event, or with `runs` the next run of plain ones in one frame; null where more bytes are needed. */
  next(runs: boolean): SseFrame | null;
  /** Events with data in what `next` gave last, where all of it is plain; null where it must be looked at. */
  readonly plainEvents: number | null;
  /** What is left without a blank line, or null. */
  end(): SseFrame | null;
}

const LF = 10;
const CR = 13;
const SPACE = 32;
const QUOTE = 34;
const COLON = 58;
const BACKSLASH = 92;
const OPEN_BRACKET = 0x5b;
const OPEN_BRACE = 0x7b;

/** An unfinished event is read again with each chunk; a longer one is left to the scanner that never goes back. */
const MOST_REREAD = 16 * 1024;

/**
 * A scanner for streams whose lines end in LF or CRLF; others go on through {@link createSseScanner}. The frames joined
 * are exactly the bytes pushed, however they were cut into chunks.
 */
export function createRunScanner(): RunScanner {
  let bytes: Uint8Array = new Uint8Array(0);
  let at = 0;
  let first = true;
  let slow: SseScanner | null = null;
  let frames: SseFrame[] = [];
  // Of the event that was scanned last.
  let end = 0;
  let plain = false;
  let hasData = false;
  let plainEvents: number | null = null;

  /** Reads one event from `from`; false where it is unfinished, or ends the quick way. */
  function scan(from: number): boolean {
    const { length } = bytes;
    let i = from;
    let lines = 0;
    let crLf = false;
    plain = true;
    hasData = false;
    for (;;) {
      if (i >= length) return false;
      const byte = bytes[i];
      if (byte === LF || byte === CR) {
        if (byte === CR) {
          // The plain scanner takes a CR behind a line that ended in LF for a line end of its own.
          if (lines > 0 && !crLf) return leaveQuickWay();
          if (i + 1 >= length) return false;
          if (bytes[++i] !== LF) return leaveQuickWay();
        }
        i++;
        if (lines === 0) continue;
        end = i;
        return i - from <= DEFAULT_MAX_EVENT_BYTES || leaveQuickWay();
      }
      lines++;
      if (isData(bytes, i)) {
        if (hasData) plain = false;
        hasData = true;
        i = readJson(i + 5);
      } else if (byte !== COLON) plain = false;
      while (i < length && bytes[i] !== LF && bytes[i] !== CR) i++;
      crLf = bytes[i] === CR;
      if (crLf) {
        if (i + 1 >= length) return false;
        if (bytes[++i] !== LF) return leaveQuickWay();
      }
      i++;
    }
  }

  /** Reads data up to where its line ends, or where it is seen not to be plain. */
  function readJson(from: number): number {
    const { length } = bytes;
    let i = from;
    let depth = 0;
    let closed = false;
    let keyStart = 0;
    let keyEnd = 0;
    for (; i < length; i++) {
      const byte = bytes[i] ?? 0;
      if (byte === QUOTE) {
        keyStart = ++i;
        while (i < length && bytes[i] !== QUOTE) {
          const inner = bytes[i];
          if (inner === LF || inner === CR) break;
          // A line ends even behind a backslash.
          i += inner === BACKSLASH && bytes[i + 1] !== LF && bytes[i + 1] !== CR ? 2 : 1;
        }
        keyEnd = i;
        if (depth === 0 || bytes[i] !== QUOTE) break;
      } else if (byte === COLON) {
        if (depth === 0 || tells(bytes, keyStart, keyEnd, i)) break;
      } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        if (closed || (depth === 0 && byte === OPEN_BRACKET)) break;
        depth++;
      } else if (byte === 0x7d || byte === 0x5d) {
        if (depth === 0) break;
        depth--;
        closed = depth === 0;
      } else if (byte === LF || byte === CR) {
        if (!closed) plain = false;
        return i;
      } else if (depth === 0 && byte !== SPACE && byte !== 9) break;
    }
    plain = false;
    return i;
  }

  function leaveQuickWay(): false {
    slow = createSseScanner();
    return false;
  }

  const take = (from: number, to: number, events: number | null): SseFrame => {
    const frame = { bytes: bytes.subarray(from, to), complete: true, first, read: undefined };
    plainEvents = events;
    first = false;
    at = to;
    return frame;
  };

  const nextQuick = (runs: boolean): SseFrame | null => {
    const start = at;
    let to = start;
    let events = 0;
    while (scan(to)) {
      if (!runs || !plain) {
        if (to > start) break;
        return take(start, end, plain ? (hasData ? 1 : 0) : null);
      }
      to = end;
      if (hasData) events++;
    }
    return to > start ? take(start, to, events) : null;
  };

  function handOver(scanner: SseScanner): void {
    if (at >= bytes.length) return;
    frames = scanner.push(bytes.subarray(at));
    bytes = new Uint8Array(0);
    at = 0;
  }

  const ofSlow = (frame: SseFrame): SseFrame => {
    const own = { ...frame, first: frame.first && first };
    plainEvents = null;
    first = false;
    return own;
  };

  return {
    get plainEvents() {
      return plainEvents;
    },
    push: (chunk) => {
      if (slow === null && bytes.length - at > MOST_REREAD) leaveQuickWay();
      if (slow !== null) {
        handOver(slow);
        frames.push(...slow.push(chunk));
        return [];
      }
      const left = bytes.length - at;
      if (left === 0) bytes = chunk;
      else {
        const joined = new Uint8Array(left + chunk.length);
        joined.set(bytes.subarray(at));
        joined.set(chunk, left);
        bytes = joined;
      }
      at = 0;
      return [];
    },
    next: (runs) => {
      const quick = slow === null ? nextQuick(runs) : null;
      if (quick !== null || slow === null) return quick;
      handOver(slow);
      const frame = frames.shift();
      return frame === undefined ? null : ofSlow(frame);
    },
    end: () => {
      if (slow === null && bytes.at(-1) === CR) leaveQuickWay();
      if (slow === null) {
        const left = bytes.subarray(at);
        return left.length === 0 ? null : { bytes: left, complete: false, first };
      }
      handOver(slow);
      const frame = slow.end();
      return frame === null ? null : ofSlow(frame);
    },
  };
}

/** Whether a line that begins with "data:" stands at `at`. */
function isData(bytes: Uint8Array, at: number): boolean {
  return (
    bytes[at] === 100 &&
    bytes[at + 1] === 97 &&
    bytes[at + 2] === 116 &&
    bytes[at + 3] === 97 &&
    bytes[at + 4] === COLON
  );
}

const FINISH_REASON = [...new TextEncoder().encode("finish_reason")];
const USAGE = [...new TextEncoder().encode("usage")];
const ERROR = [...new TextEncoder().encode("error")];

/** Whether the key before this colon, with its value, tells of an end. */
function tells(bytes: Uint8Array, start: number, end: number, colon: number): boolean {
  const length = end - start;
  if (length !== 5 && length !== 13) return false;
  let value = colon + 1;
  while (bytes[value] === SPACE) value++;
  if (length === 13) return bytes[value] === QUOTE && is(bytes, start, FINISH_REASON);
  return (bytes[value] === OPEN_BRACE && is(bytes, start, USAGE)) || is(bytes, start, ERROR);
}

function is(bytes: Uint8Array, start: number, word: readonly number[]): boolean {
  for (let i = 0; i < word.length; i++) if (bytes[start + i] !== word[i]) return false;
  return true;
}
