import type { UpstreamError } from "../errors/body.ts";
import { parseSseFrame } from "../sse/decode.ts";
import type { SseFrame } from "../sse/scan.ts";
import { readChatData } from "./data.ts";
import type { ChatUsage } from "./response.ts";

/** What a stream has shown of its end. */
export interface StreamVerdict {
  /** `[DONE]` was seen. */
  readonly done: boolean;
  /** Finish reasons by choice, as sent. */
  readonly finishReasons: Readonly<Record<number, string>>;
  readonly usage: ChatUsage | null;
  /** An error frame inside the stream. */
  readonly error: UpstreamError | null;
  /** Events with data, `[DONE]` apart. */
  readonly events: number;
  /** The end of the stream cut an event. */
  readonly cut: boolean;
  /**
   * A whole answer: every choice that was expected has a finish reason, `[DONE]` came, no error.
   * Anything else is a failure, however cleanly the connection closed.
   */
  readonly whole: boolean;
}

/** Watches a stream that passes through: frames in, verdict at the end. */
export interface StreamWatch {
  /** True where the frame told of an end (a finish reason, usage, an error, `[DONE]`): ask `verdict` then. */
  push(frame: SseFrame): boolean;
  verdict(): StreamVerdict;
}

/**
 * Parses only the frames that tell of an end: a finish reason, usage, an error, `[DONE]`. A quoted
 * text cannot pose as one of them, for in JSON its quotes are escaped.
 */
const TELLING = /"finish_reason"\s*:\s*"|"usage"\s*:\s*\{|"error"\s*:|\[DONE\]|^event:/m;

/** A watch for `choices` expected choices (the request's `n`). */
export function createStreamWatch(options: { readonly choices?: number } = {}): StreamWatch {
  const expected = options.choices ?? 1;
  const finishReasons: Record<number, string> = {};
  let done = false;
  let usage: ChatUsage | null = null;
  let error: UpstreamError | null = null;
  let events = 0;
  let cut = false;
  const decoder = new TextDecoder();

  return {
    push: (frame) => {
      if (!frame.complete && !endsWhole(frame)) cut = true;
      if (!TELLING.test(decoder.decode(frame.bytes))) {
        if (hasData(frame.bytes)) events += 1;
        return false;
      }
      const event = parseSseFrame(frame);
      if (event.data === null) return false;
      const data = readChatData(event);
      if (data.kind === "done") {
        done = true;
        return true;
      }
      events += 1;
      if (data.kind === "error") error ??= data.error;
      if (data.kind !== "chunk") return true;
      if (data.chunk.usage) usage = data.chunk.usage;
      for (const choice of data.chunk.choices) {
        if (choice.finish_reason) finishReasons[choice.index] = choice.finish_reason;
      }
      return true;
    },
    verdict: () => ({
      done,
      finishReasons: { ...finishReasons },
      usage,
      error,
      events,
      cut,
      whole: done && error === null && !cut && Object.keys(finishReasons).length >= expected,
    }),
  };
}

/** An unfinished last frame is whole where its data is: `[DONE]` without a last newline. */
function endsWhole(frame: SseFrame): boolean {
  const event = parseSseFrame(frame);
  return event.data === null ? event.comments.length > 0 : readChatData(event).kind !== "malformed";
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
