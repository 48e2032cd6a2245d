const QUOTE = 34;
const BACKSLASH = 92;
const COLON = 58;
const LF = 10;
const CR = 13;
const SPACE = 32;

/**
 * Whether an event's data could be one whole JSON object: braces, brackets and strings close. Reads
 * bytes and keeps nothing, so that a stream can pass without parsing each chunk; a cut chunk never
 * passes. An event without data (a comment) does.
 */
export function dataLooksWhole(bytes: Uint8Array): boolean {
  let depth = 0;
  let inString = false;
  let opened = false;
  let closed = false;
  let lineStart = true;
  let i = 0;
  while (i < bytes.length) {
    const byte = bytes[i] ?? 0;
    if (lineStart) {
      const skip = fieldLength(bytes, i);
      if (skip < 0) {
        i = lineEnd(bytes, i);
        continue;
      }
      i += skip;
      lineStart = false;
      continue;
    }
    if (byte === LF || byte === CR) {
      if (inString) return false;
      lineStart = true;
    } else if (inString) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) {
      if (depth === 0) return false;
      inString = true;
    } else if (byte === 0x7b || byte === 0x5b) {
      if (closed || (depth === 0 && byte === 0x5b)) return false;
      depth++;
      opened = true;
    } else if (byte === 0x7d || byte === 0x5d) {
      depth--;
      if (depth < 0) return false;
      if (depth === 0) closed = true;
    } else if (depth === 0 && byte !== SPACE && byte !== 9) {
      return false;
    }
    i++;
  }
  return !inString && depth === 0 && (closed || !opened);
}

/** Length of "data:" with its one space at `at`; -1 for another field, a comment or a blank line. */
function fieldLength(bytes: Uint8Array, at: number): number {
  // "data" as bytes; a byte order mark can only precede the first line and is skipped there.
  const from = at === 0 && bytes[0] === 0xef ? at + 3 : at;
  if (
    bytes[from] !== 100 ||
    bytes[from + 1] !== 97 ||
    bytes[from + 2] !== 116 ||
    bytes[from + 3] !== 97
  ) {
    return -1;
  }
  if (bytes[from + 4] !== COLON) return -1;
  return from - at + (bytes[from + 5] === SPACE ? 6 : 5);
}

/** Index behind the line end that follows `at`. */
function lineEnd(bytes: Uint8Array, at: number): number {
  let i = at;
  while (i < bytes.length && bytes[i] !== LF && bytes[i] !== CR) i++;
  return i + 1;
}
