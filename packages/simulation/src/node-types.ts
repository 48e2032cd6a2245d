import type { Job } from "./service-rates.ts";

export type JobEvent =
  | { readonly kind: "first-token"; readonly job: Job; readonly atMs: number }
  | { readonly kind: "end"; readonly job: Job; readonly atMs: number };

/** What a node has done so far. */
export interface NodeUsage {
  /** Ms in which it computed, and in which it was on. */
  readonly busyMs: number;
  readonly onMs: number;
  readonly coldStarts: number;
  readonly preemptions: number;
  /** Prompt tokens that were in the cache already. */
  readonly reusedTokens: number;
}

/**
 * A node with continuous batching as a fluid: reading and decoding go on side by side as the engine's steps
 * allow, and between two events all rates are constant. Exact for constant rates, so that queueing theory's
 * results come out of it; a step's end is met on average (a newcomer waits for the step that is under way).
 */
export interface NodeModel {
  readonly inFlight: number;
  readonly queued: number;
  readonly queuedPromptTokens: number;
  /** Time of the next event if nothing arrives; Infinity when idle. */
  readonly nextMs: number;
  /** Ms until it is switched on for a request that came now. */
  readyInMs(nowMs: number): number;
  cachedTokens(job: Job): number;
  /** False where the queue is full, or the request is longer than the context. */
  offer(job: Job, nowMs: number): boolean;
  /** Lets time pass up to `nowMs` (no later than `nextMs`) and tells what ended. */
  advance(nowMs: number): readonly JobEvent[];
  /** Ends everything, as when the node falls. */
  fail(nowMs: number): readonly Job[];
  usage(nowMs: number): NodeUsage;
}
