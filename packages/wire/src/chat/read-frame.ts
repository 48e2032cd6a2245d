import { parseSseFrame } from "../sse/decode.ts";
import type { SseFrame } from "../sse/scan.ts";
import { decodeUtf8 } from "../sse/utf8.ts";
import { type ChatData, readChatData } from "./data.ts";

/** A frame as every engine writes it: one data line and nothing else. */
const PLAIN = /^data: ?([^\r\n]*)[\r\n]*$/;

/** What a frame of a chat stream is; null for one without data (a comment). Read once, however often it is asked. */
export function readFrame(frame: SseFrame): ChatData | null {
  if (frame.read !== undefined) return frame.read;
  // A byte order mark, of which the standard has rules, does not start with a "d".
  const data = frame.bytes[0] === 0x64 ? PLAIN.exec(decodeUtf8(frame.bytes))?.[1] : undefined;
  const event = data === undefined ? parseSseFrame(frame) : { event: "message", data };
  return (frame.read = event.data === null ? null : readChatData(event));
}
