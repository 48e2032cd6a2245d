import { type ChatCompletion, createChatAssembler, DONE, readChatData } from "@qwq-fit/wire";
import type { AnswerLog } from "./log.ts";
import type { AnswerError, AnswerRecord, AnswerStatus } from "./record.ts";

/** An answer as it is told to whoever polls. */
export interface AnswerResource {
  readonly id: string;
  readonly object: "answer";
  readonly status: AnswerStatus;
  readonly model: string;
  /** Seconds since 1970. */
  readonly created_at: number;
  readonly ended_at: number | null;
  /** When it will be forgotten; null while it runs. */
  readonly expires_at: number | null;
  /** For `Last-Event-ID`; null where there are no events. */
  readonly last_event_id: string | null;
  /** What was answered so far: of a stream of chat chunks put together, of anything else as it was given. */
  readonly output: unknown;
  readonly error: AnswerError | null;
}

/** The pieces of an answer that was no stream, put together. */
export const wholeText = (log: AnswerLog): string => log.events.map(({ data }) => data).join("");

/** A stream of chat chunks as one completion; null where it is another API's, or nothing came yet. */
function assembled(log: AnswerLog): ChatCompletion | null {
  const assembler = createChatAssembler();
  let any = false;
  for (const { name, data } of log.events) {
    if (name !== null || data === DONE) continue;
    const read = readChatData({ event: "message", data });
    if (read.kind !== "chunk") continue;
    any = true;
    assembler.push(read.chunk);
  }
  return any ? assembler.completion() : null;
}

const seconds = (ms: number): number => Math.floor(ms / 1000);

/** The resource of an answer, its output included. */
export function resourceOf(record: AnswerRecord, log: AnswerLog, keptMs: number): AnswerResource {
  const { id, status, model, streamed, endedMs, createdMs, error, path } = record;
  const whole = streamed === false && status === "completed";
  return {
    id,
    object: "answer",
    status,
    model,
    created_at: seconds(createdMs),
    ended_at: endedMs === null ? null : seconds(endedMs),
    expires_at: endedMs === null ? null : seconds(endedMs + keptMs),
    last_event_id: streamed === true ? String(log.events.length) : null,
    output: whole
      ? JSON.parse(wholeText(log))
      : streamed === true && path === "/v1/chat/completions"
        ? assembled(log)
        : null,
    error,
  };
}
