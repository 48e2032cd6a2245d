import type { UpstreamError } from "../errors/body.ts";
import { parseSseFrame } from "../sse/decode.ts";
import type { SseFrame } from "../sse/scan.ts";
import { readFrame } from "./read-frame.ts";
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
  /** Counts events that are known to tell of no end. */
  pass(events: number): void;
  verdict(): StreamVerdict;
}

/** A watch for `choices` expected choices (the request's `n`). */
export function createStreamWatch(options: { readonly choices?: number } = {}): StreamWatch {
  const expected = options.choices ?? 1;
  const finishReasons: Record<number, string> = {};
  let done = false;
  let usage: ChatUsage | null = null;
  let error: UpstreamError | null = null;
  let events = 0;
  let cut = false;
  return {
    push: (frame) => {
      if (!frame.complete && !endsWhole(frame)) cut = true;
      const data = readFrame(frame);
      if (data === null) return false;
      if (data.kind === "done") {
        done = true;
        return true;
      }
      events += 1;
      if (data.kind === "error") error ??= data.error;
      if (data.kind !== "chunk") return data.kind === "error";
      let telling = false;
      if (data.chunk.usage) {
        ({ usage } = data.chunk);
        telling = true;
      }
      for (const choice of data.chunk.choices) {
        if (!choice.finish_reason) continue;
        finishReasons[choice.index] = choice.finish_reason;
        telling = true;
      }
      return telling;
    },
    pass: (more) => {
      events += more;
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
  const data = readFrame(frame);
  return data === null ? parseSseFrame(frame).comments.length > 0 : data.kind !== "malformed";
}
