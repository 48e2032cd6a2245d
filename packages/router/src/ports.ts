import type { FrameStream, UpstreamAnswer } from "@qwq-fit/relay";
import type { AnswerStore } from "./answers/answer-ports.ts";
import type { SessionStore } from "./sessions/session-store.ts";
import type { Span } from "./api/trace.ts";
import type { AiBinding } from "./fleet/workers-ai.ts";

/** One line of the log: facts, no text of a prompt or an answer, no secret. */
export type LogRecord = Readonly<Record<string, string | number | boolean | null>>;

/** Counters of one caller that several deciders share; amounts are of the current window. */
export interface BudgetRequest {
  readonly caller: string;
  /** Who holds the slice: one decider, by a name of its own. */
  readonly holder: string;
  /** Tokens wanted for spending before the next visit, and USD in millionths. */
  readonly tokens: number;
  readonly microUsd: number;
}

/** A slice of a caller's budget that one decider may spend without asking again. */
export interface BudgetLease {
  readonly tokens: number;
  readonly microUsd: number;
  /** Epoch ms at which the slice falls back. */
  readonly expiresMs: number;
  /** Ms until more may be had where less was granted than asked. */
  readonly retryAfterMs: number;
}

/** What outlives a request and is shared between deciders. Every call may fail; the router then goes on without. */
export interface StateStore {
  /** Grants a slice; settles what was spent of the one before. */
  lease(
    wanted: BudgetRequest,
    spent: { readonly tokens: number; readonly microUsd: number },
    limits: CallerLimits,
    nowMs: number,
  ): Promise<BudgetLease>;
}

/** Limits of one caller; null for none. */
export interface CallerLimits {
  readonly requestsPerMinute: number | null;
  readonly tokensPerMinute: number | null;
  readonly concurrentStreams: number | null;
  readonly tokensPerDay: number | null;
  readonly usdPerDay: number | null;
}

/** What is sent to a node. */
export interface NodeRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Everything from outside that the router needs; each runtime fills it. */
export interface RouterPorts {
  readonly fetch: typeof fetch;
  /** Sends to a node as `fetch` does, where that can be done with less. Redirects are not followed. */
  readonly send?: (url: string, request: NodeRequest) => Promise<UpstreamAnswer>;
  /** For addresses that a caller gave: reaches public hosts alone. Left out where `fetch` reaches no others. */
  readonly publicFetch?: typeof fetch;
  /** Where answers that outlive their connections are kept; this process's memory where it is left out. */
  readonly answers?: AnswerStore;
  /** Where the sessions of devices are kept; this process's memory where it is left out. */
  readonly sessions?: SessionStore;
  /** Epoch ms. */
  readonly now: () => number;
  /** Monotonic ms. */
  readonly monotonic: () => number;
  readonly random: () => number;
  readonly timer: (ms: number, run: () => void) => () => void;
  readonly id: () => string;
  /** The value of a secret by its name; undefined where it is not set. */
  readonly secret: (name: string) => string | undefined;
  readonly log: (record: LogRecord) => void;
  readonly state: StateStore;
  /** Takes the spans of a request that has ended; absent where nobody does. */
  readonly trace?: (spans: readonly Span[]) => void;
  /** Cloudflare's `env.AI`, for nodes of the engine "workers-ai" that have no URL. */
  readonly ai?: AiBinding;
}

/** What a runtime offers for one request beyond `Request`. */
export interface Exchange {
  /**
   * The body's bytes, where that is cheaper than the `Request`'s stream; null where it passes `limit`. Rejects
   * where it was cut.
   */
  readonly body?: (limit: number) => Promise<Uint8Array | null>;
  /** Makes the response of a stream, where the runtime can do so for less than a `ReadableStream` of ours costs. */
  readonly stream?: (
    answer: FrameStream,
    headers: Readonly<Record<string, string>>,
  ) => Response | Promise<Response>;
  /** Keeps the request's context alive until this has settled: counts must be settled when the caller is gone. */
  readonly waitUntil?: (work: Promise<unknown>) => void;
}
