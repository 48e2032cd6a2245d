import type { RunScanner, SseFrame } from "@qwq-fit/wire";
import type { FrameSteps } from "./carry-stream.ts";
import type { Failure } from "./failure.ts";
import type { Policy, RankedNode, Receipt, RequestShape, ServingNode } from "@qwq-fit/schema";

/** What is sent to a node: an HTTP request without its host. */
export interface UpstreamRequest {
  /** Path below the node's base URL, with a leading slash: "/chat/completions". */
  readonly path: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Sends to one node. Rejects for a network fault; any HTTP status is an answer. */
export type Transport = (request: UpstreamRequest) => Promise<UpstreamAnswer>;

/** What a node answered, as far as it is read here: a `Response`, or less where making one would cost. */
export interface UpstreamAnswer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: UpstreamBody | null;
  /** The whole body; all that a host without streams (React Native) can give. */
  text(): Promise<string>;
}

/** What is used of a stream of bytes. */
export interface UpstreamBody {
  getReader(): UpstreamReader;
}

/** What is used of a reader. */
export interface UpstreamReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
  cancel(): Promise<void>;
}

/** What passed at a node: for breakers, in-flight counts and learning. */
export interface AttemptReport {
  readonly node: string;
  readonly model: string;
  /** "ok", "busy" (429, saturated: not a fault), "fault", "caller" (the request was at fault), "aborted". */
  readonly outcome: "ok" | "busy" | "fault" | "caller" | "aborted";
  /** Our error code, or null. */
  readonly code: string | null;
  readonly retryAfterMs: number | null;
  /** From sending to the first token; null where none came. */
  readonly timeToFirstTokenMs: number | null;
  /** From first to last token, and how many came between, as the stream's events tell. */
  readonly decodeMs: number | null;
  readonly outputTokens: number | null;
  readonly promptTokens: number | null;
}

/** Everything from outside that relaying needs. */
export interface RelayPorts {
  /** The transport of a node; undefined where the node is gone. */
  readonly transport: (node: string) => Transport | undefined;
  /** Monotonic ms. */
  readonly now: () => number;
  /** Epoch ms, for a Retry-After that is a date; without it such a date says nothing. */
  readonly epoch?: () => number;
  /**
   * `createRunScanner` where streams are many: events that tell of no end pass without being parsed. Left out, each
   * is parsed, and a frame is always one event.
   */
  readonly scanner?: (() => RunScanner) | undefined;
  /** Calls `run` after `ms`; returns what cancels it. */
  readonly timer: (ms: number, run: () => void) => () => void;
  /** Unique id for a receipt. */
  readonly id: () => string;
  /** Whether one more try is within the retry budget; takes from it. */
  readonly mayRetry?: () => boolean;
  readonly onStart?: (node: string) => void;
  readonly onEnd?: (report: AttemptReport) => void;
}

/**
 * How a stream that breaks after its first token ends:
 * `error`: an in-band error event, never a clean end; `continue`: another node goes on from the answer
 * so far; `hold`: nothing is delivered until the answer is whole.
 */
export type RelayMode = "error" | "continue" | "hold";

/** Time limits, ms, and sizes, bytes. */
export interface RelayLimits {
  /** To a node's response headers. */
  readonly headersMs: number;
  /** To the first token at one node, at the least; longer where more is predicted. */
  readonly firstTokenMs: number;
  /** Without an event after the first token. */
  readonly idleMs: number;
  /** The caller's headers are sent at the latest after this, with comments until the first token. */
  readonly callerHeadersMs: number;
  readonly keepAliveMs: number;
  /** Largest answer without a stream, and largest held answer. */
  readonly bodyBytes: number;
  /** Nodes tried for one request, hedges included. */
  readonly attempts: number;
}

/** Limits for chat models that may think for minutes. */
export const DEFAULT_LIMITS: RelayLimits = {
  headersMs: 30_000,
  firstTokenMs: 60_000,
  idleMs: 60_000,
  callerHeadersMs: 2_000,
  keepAliveMs: 10_000,
  bodyBytes: 32 * 1024 * 1024,
  attempts: 4,
};

/** One request to carry. */
export interface RelayCall {
  readonly api: "chat" | "completions" | "embeddings";
  /** The request's JSON object; unknown fields pass through. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly shape: RequestShape;
  readonly ranked: readonly RankedNode[];
  readonly nodes: ReadonlyMap<string, ServingNode>;
  readonly policy: Policy;
  readonly mode: RelayMode;
  readonly limits: RelayLimits;
  /** The caller's abort. */
  readonly signal: AbortSignal;
}

/** What the caller gets. `body` is text where the answer is no stream. */
export interface RelayAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ReadableStream<Uint8Array> | string;
  /** What a stream is made of; to be read instead of `body`, not beside it. Null where the answer is no stream. */
  readonly frames: FrameStream | null;
  /** Resolves when the answer has ended, however it ended. */
  readonly receipt: Promise<Receipt>;
}

/** How a stream tells what is not a node's: its error, and its receipt at the end. */
export interface Voice {
  /** The event by which a stream ends that could not be made whole. No `[DONE]` follows it. */
  readonly error: (failure: Failure) => SseFrame;
  readonly seal: ((receipt: Receipt) => SseFrame) | null;
}

/** A stream as frames, those of one read together. */
export interface FrameStream {
  readonly frames: FrameSteps;
  /** Ends the answer at its node; to be called by who stops reading before the end. */
  readonly abandon: () => void;
}

/** What the caller gets that reads it in the same process. */
export interface FramedAnswer {
  /** Why no node answered; null where one did. */
  readonly failure: Failure | null;
  /** The node that answers, or that failed last; "pending" while that is not known. */
  readonly node: string;
  /** Text where the answer is no stream; "" where there is none. */
  readonly body: FrameStream | string;
  /** Resolves when the answer has ended, however it ended. */
  readonly receipt: Promise<Receipt>;
}
