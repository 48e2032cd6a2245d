import { errorEnvelope, parseJson, readErrorBody } from "@qwq-fit/wire";
import { refusalResponse } from "../api/http-error.ts";
import type { AnswerPorts } from "./answer-ports.ts";
import type { AnswerJob } from "./job.ts";
import { type AnswerLog, createAnswerLog, type LogEvent } from "./log.ts";
import { pumpStream } from "./pump.ts";
import { type AnswerError, type AnswerRecord, recordOf } from "./record.ts";

/** A refusal before the answer began: told to whoever waits, and not kept. */
export interface Refused {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** An answer's life, from its beginning until it is forgotten. */
export interface Lifecycle {
  /** What is known; null for nothing. Reads storage once. */
  known(): Promise<AnswerRecord | null>;
  record(): AnswerRecord | null;
  /** Changes what is known of an answer that has ended. */
  change(record: AnswerRecord): Promise<void>;
  forget(): Promise<void>;
  readonly log: AnswerLog;
  /** Only where nothing is known. Nothing is awaited before it is. */
  begin(job: AnswerJob): void;
  /** Resolves when the node has answered; with a refusal where it was one. */
  readonly begun: Promise<Refused | null>;
  readonly ended: Promise<void>;
  cancel(): Promise<void>;
}

/** Characters after which events are stored while an answer runs; a row takes 2 MB, a character up to two bytes. */
const FLUSH_CHARACTERS = 256 * 1024;
const KEPT_HEADERS = /^(?:x-qwq-|x-ratelimit-|content-type$)/;

const headersOf = (response: Response): Record<string, string> =>
  Object.fromEntries([...response.headers].filter(([name]) => KEPT_HEADERS.test(name)));

/** A failure as the last event, in the form that the relay gives it. */
const errorEvent = (error: AnswerError): LogEvent => ({
  name: null,
  data: JSON.stringify(errorEnvelope(error)),
});

/** The life of one answer over its ports. */
export function createLifecycle(ports: AnswerPorts): Lifecycle {
  const { config, storage, now } = ports;
  let record: AnswerRecord | null = null;
  let log = createAnswerLog(config.maxCharacters);
  let loading: Promise<void> | null = null;
  let abort = new AbortController();
  let begun: Promise<Refused | null> = Promise.resolve(null);
  let ended: Promise<void> = Promise.resolve();
  let stored = 0;
  let storedSize = 0;

  const flush = async (): Promise<void> => {
    const from = stored;
    const events = log.events.slice(from);
    stored = log.events.length;
    storedSize = log.size;
    if (events.length > 0) await storage.append(from, events);
  };
  const finish = async (
    status: "completed" | "failed",
    error: AnswerError | null,
    told = false,
    receipt: string | null = null,
  ): Promise<void> => {
    if (record?.status !== "in_progress") return;
    const cancelled = abort.signal.aborted && status === "failed";
    const shown = cancelled ? { code: "aborted", message: "the answer was cancelled" } : error;
    const endedMs = now();
    const { webhook } = record;
    record = {
      ...record,
      status: cancelled ? "cancelled" : status,
      endedMs,
      error: shown,
      receipt,
      webhook: webhook === null ? null : { ...webhook, nextMs: endedMs },
    };
    log.end(shown === null || told ? undefined : errorEvent(shown));
    await flush();
    await storage.save(record);
  };
  const load = async (): Promise<void> => {
    const found = await storage.load();
    if (found === null || record !== null) return;
    ({ record } = found);
    log = createAnswerLog(config.maxCharacters, found.events, record.status !== "in_progress");
    stored = log.events.length;
    // Nobody runs it any more: the machine or the object that did was lost.
    await finish("failed", { code: "stream_interrupted", message: "the router was restarted" });
  };
  const forget = async (): Promise<void> => {
    record = null;
    log = createAnswerLog(config.maxCharacters);
    stored = 0;
    await storage.drop();
  };

  /** Pieces no larger than a row takes. */
  const keepWhole = (text: string): boolean => {
    for (let at = 0; at < text.length; at += FLUSH_CHARACTERS) {
      if (!log.append({ name: null, data: text.slice(at, at + FLUSH_CHARACTERS) })) return false;
    }
    return true;
  };
  const refused = async (job: AnswerJob, response: Response): Promise<Refused | null> => {
    const body = await response.text();
    if (job.background || abort.signal.aborted) {
      const { code, message } = readErrorBody(parseJson(body) ?? body, response.status);
      await finish("failed", { code, message });
      return null;
    }
    await forget();
    return { status: response.status, headers: Object.fromEntries(response.headers), body };
  };
  const start = async (
    job: AnswerJob,
  ): Promise<{ refusal: Refused | null; rest: Promise<void> }> => {
    const nothing = Promise.resolve();
    try {
      if (record !== null) await storage.save(record);
      const response = await ports
        .run(job, abort.signal)
        .catch((error: unknown) => refusalResponse(error, job.requestId));
      if (response.status !== 200) return { refusal: await refused(job, response), rest: nothing };
      const type = response.headers.get("content-type") ?? "";
      const streamed = type.startsWith("text/event-stream") && response.body !== null;
      if (record !== null) record = { ...record, streamed, headers: headersOf(response) };
      if (streamed && response.body !== null) {
        const rest = pumpStream(response.body, log).then(({ error, told, receipt }) =>
          finish(error === null ? "completed" : "failed", error, told, receipt),
        );
        return { refusal: null, rest };
      }
      const fits = keepWhole(await response.text());
      await (fits
        ? finish("completed", null)
        : finish("failed", { code: "does_not_fit", message: "the answer is too long to be kept" }));
    } catch {
      await finish("failed", { code: "internal", message: "internal error" });
    }
    return { refusal: null, rest: nothing };
  };

  const watchSize = (): void => {
    if (log.ended) return;
    if (log.size - storedSize >= FLUSH_CHARACTERS) void flush().catch(() => undefined);
    log.onChange(watchSize);
  };

  return {
    known: async () => {
      await (loading ??= load());
      return record;
    },
    record: () => record,
    change: async (next) => {
      if (next.status === "forgotten" && record?.status !== "forgotten") {
        log = createAnswerLog(config.maxCharacters, [], true);
        await storage.dropEvents();
      }
      record = next;
      await storage.save(next);
    },
    forget,
    get log() {
      return log;
    },
    begin: (job) => {
      record = recordOf(job, now());
      abort = new AbortController();
      const started = start(job);
      begun = started.then(({ refusal }) => refusal);
      ended = started.then(({ rest }) => rest).catch(() => undefined);
      ports.onBegin(ended);
      log.onChange(watchSize);
    },
    get begun() {
      return begun;
    },
    get ended() {
      return ended;
    },
    cancel: async () => {
      abort.abort();
      await finish("failed", { code: "aborted", message: "the answer was cancelled" });
    },
  };
}
