import {
  createSseScanner,
  DONE,
  isObject,
  parseJson,
  parseSseFrame,
  readErrorBody,
  type SseEvent,
  type SseFrame,
  WireError,
} from "@qwq-fit/wire";
import type { AnswerLog } from "./log.ts";
import type { AnswerError } from "./record.ts";

/** How a stream ended: whole, or why not. */
export interface StreamEnd {
  readonly error: AnswerError | null;
  /** Whether the stream's own last event tells the error. */
  readonly told: boolean;
  readonly receipt: string | null;
}

/** Largest event that is kept, bytes: a row of a Durable Object's storage holds 2 MB, at two bytes a character. */
const MAX_EVENT_BYTES = 512 * 1024;

/** Names of events by which an answer in another dialect ends as it should. */
const WHOLE: ReadonlySet<string> = new Set([
  "response.completed",
  "response.incomplete",
  "message_stop",
]);
const BROKEN: ReadonlySet<string> = new Set(["error", "response.failed"]);

/** What an event says of the answer's end; null for nothing. */
function endOf(event: SseEvent, data: string): "whole" | AnswerError | null {
  if (data === DONE || WHOLE.has(event.event)) return "whole";
  // Most events are chunks without the word: they are not parsed.
  if (!BROKEN.has(event.event) && !data.includes('"error"')) return null;
  const value = parseJson(data);
  if (!BROKEN.has(event.event) && !(isObject(value) && isObject(value["error"]))) return null;
  const { code, message } = readErrorBody(value ?? data);
  return { code, message };
}

/**
 * Reads a stream to its end into a log; comments are dropped, but for the receipt. A stream that ends without
 * saying so is told as broken, and so is one that passes the log's bound.
 */
export async function pumpStream(
  body: ReadableStream<Uint8Array>,
  log: AnswerLog,
): Promise<StreamEnd> {
  const scanner = createSseScanner({ maxEventBytes: MAX_EVENT_BYTES });
  const reader = body.getReader();
  let end: "whole" | AnswerError | null = null;
  let receipt: string | null = null;
  const take = (frame: SseFrame): boolean => {
    const event = parseSseFrame(frame);
    for (const comment of event.comments) {
      if (comment.startsWith("receipt ")) receipt = comment.slice("receipt ".length);
    }
    if (event.data === null || end !== null) return true;
    end = endOf(event, event.data);
    return log.append({ name: event.event === "message" ? null : event.event, data: event.data });
  };
  const tooLong = {
    code: "does_not_fit",
    message: "the answer is longer than what is kept of one",
  };
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      for (const frame of scanner.push(value)) {
        if (take(frame)) continue;
        await reader.cancel().catch(() => undefined);
        return { error: tooLong, told: false, receipt };
      }
    }
    const last = scanner.end();
    if (last !== null && !take(last)) return { error: tooLong, told: false, receipt };
  } catch (error) {
    await reader.cancel().catch(() => undefined);
    if (error instanceof WireError) return { error: tooLong, told: false, receipt };
    end = null;
  }
  if (end === "whole") return { error: null, told: false, receipt };
  return {
    told: end !== null,
    error: end ?? {
      code: "stream_interrupted",
      message: "the stream ended before the answer was whole",
    },
    receipt,
  };
}
