import type { RouterPorts } from "../ports.ts";
import type { AnswersConfig } from "./answers-config.ts";
import type { AnswerJob } from "./job.ts";
import type { AnswerRecord, AnswerStorage } from "./record.ts";
import type { ViewWishes } from "./view.ts";

/**
 * One answer that outlives its connections: it owns the call to the node, keeps its events, and is read by any
 * number of readers. Every method but the last answers with the HTTP response for its caller.
 */
export interface AnswerObject {
  /** Begins the job, or joins the same one that is there already. */
  post(job: AnswerJob, view: ViewWishes): Promise<Response>;
  events(owner: string, view: ViewWishes): Promise<Response>;
  read(owner: string): Promise<Response>;
  /** Ends it at the node. What was told so far stays. */
  cancel(owner: string): Promise<Response>;
}

/** Where answer objects are found; each runtime has its own. An object that has nothing answers 404. */
export interface AnswerStore {
  open(id: string): AnswerObject;
}

/** Runs a job at a node, as the router would run the request. */
export type RunAnswer = (job: AnswerJob, signal: AbortSignal) => Promise<Response>;

/** What an answer object needs from outside. */
export interface AnswerPorts extends Pick<RouterPorts, "now" | "monotonic" | "timer"> {
  readonly config: AnswersConfig;
  readonly storage: AnswerStorage;
  readonly run: RunAnswer;
  /** Tells a webhook that an answer has ended; the status of what it said, 0 for nothing. */
  readonly notify: (record: AnswerRecord, url: string) => Promise<number>;
  /** Called when a job begins, with its end: whoever could stop computing must not before. */
  readonly onBegin: (ended: Promise<void>) => void;
}
