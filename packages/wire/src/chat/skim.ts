import { decodeUtf8 } from "../sse/utf8.ts";

/**
 * Frames that tell of an end: a finish reason, usage, an error, `[DONE]`. A quoted text cannot pose as one of them,
 * for in JSON its quotes are escaped.
 */
const TELLING = /"finish_reason"\s*:\s*"|"usage"\s*:\s*\{|"error"\s*:|\[DONE\]|^event:/m;

/** What an event is, without parsing it: for streams that pass through. */
export function skimEvent(bytes: Uint8Array): "telling" | "data" | "quiet" {
  if (TELLING.test(decodeUtf8(bytes))) return "telling";
  return hasData(bytes) ? "data" : "quiet";
}

/** Whether some line of the frame starts with "data". */
function hasData(bytes: Uint8Array): boolean {
  let lineStart = true;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index];
    if (lineStart && byte === 0x64 && bytes[index + 1] === 0x61) return true;
    lineStart = byte === 10 || byte === 13;
  }
  return false;
}
