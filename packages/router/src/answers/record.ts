import type { AnswerJob } from "./job.ts";
import type { LogEvent } from "./log.ts";

/** Where an answer stands. `forgotten`: its text is gone, its key is still known. */
export type AnswerStatus = "in_progress" | "completed" | "failed" | "cancelled" | "forgotten";

/** What is told of a failure: a code of this project, and our own words. */
export interface AnswerError {
  readonly code: string;
  readonly message: string;
}

/** Everything about an answer but its events; plain JSON. */
export interface AnswerRecord {
  readonly id: string;
  readonly owner: string;
  readonly fingerprint: string;
  readonly keyed: boolean;
  readonly path: string;
  readonly model: string;
  readonly background: boolean;
  readonly status: AnswerStatus;
  /** Whether events are a stream's; false: they are pieces of one JSON text; null before the node has answered. */
  readonly streamed: boolean | null;
  readonly createdMs: number;
  readonly endedMs: number | null;
  /** Headers of the node's answer that a caller may see. */
  readonly headers: Readonly<Record<string, string>>;
  readonly error: AnswerError | null;
  /** The receipt as JSON text. */
  readonly receipt: string | null;
  readonly webhook: WebhookState | null;
}

/** A webhook that is still to be delivered. */
export interface WebhookState {
  readonly url: string;
  readonly tries: number;
  readonly nextMs: number;
}

/** What keeps an answer while nobody computes; each call may fail. */
export interface AnswerStorage {
  load(): Promise<{ readonly record: AnswerRecord; readonly events: readonly LogEvent[] } | null>;
  /** `from`: how many events stand before these. */
  append(from: number, events: readonly LogEvent[]): Promise<void>;
  save(record: AnswerRecord): Promise<void>;
  dropEvents(): Promise<void>;
  drop(): Promise<void>;
}

/** A record of a job that begins. */
export function recordOf(job: AnswerJob, nowMs: number): AnswerRecord {
  const { model } = job.body;
  return {
    id: job.id,
    owner: job.caller.name,
    fingerprint: job.fingerprint,
    keyed: job.keyed,
    path: job.path,
    model: typeof model === "string" ? model : "",
    background: job.background,
    status: "in_progress",
    streamed: null,
    createdMs: nowMs,
    endedMs: null,
    headers: {},
    error: null,
    receipt: null,
    webhook: job.webhookUrl === null ? null : { url: job.webhookUrl, tries: 0, nextMs: 0 },
  };
}
