import { createStreamWatch, type SseFrame, type StreamWatch } from "@qwq-fit/wire";
import { orAborted } from "./either.ts";
import { ABORTED, type Failure, nodeFailure } from "./failure.ts";
import { headKind } from "./frames.ts";
import { createFrameSource, type Step } from "./frame-source.ts";
import type { RelayCall, RelayLimits, RelayPorts, Transport, UpstreamAnswer } from "./ports.ts";
import { createWatchdog } from "./watchdog.ts";

/** A node's stream from its first token on. */
export interface OpenStream {
  readonly node: string;
  /** Events up to and with the first token. */
  readonly head: readonly SseFrame[];
  /** The head is the whole answer. */
  readonly whole: boolean;
  readonly watch: StreamWatch;
  readonly startedMs: number;
  readonly firstTokenMs: number;
  next(): Promise<Step>;
  /** Drops the stream; the node sees its connection close. */
  cancel(): void;
}

export type OpenResult =
  | { readonly ok: true; readonly stream: OpenStream }
  | { readonly ok: false; readonly failure: Failure };

export interface AttemptRequest {
  readonly node: string;
  readonly api: RelayCall["api"];
  readonly path: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Choices that the answer must have. */
  readonly choices: number;
  readonly includeUsage: boolean;
  /** To the first token at this node. */
  readonly firstTokenMs: number;
  readonly limits: RelayLimits;
  /** Ends this try alone; whoever made it links it to `signal`. */
  readonly abort: AbortController;
  /** The caller's abort, or the deadline's. */
  readonly signal: AbortSignal;
}

/**
 * Sends to one node and reads up to its first token. Whatever goes wrong before that is a failure
 * value: refused, reset, silence, a bad status, an error in a 200, garbage, an end without an answer.
 */
export async function openStream(
  transport: Transport,
  request: AttemptRequest,
  ports: Pick<RelayPorts, "now" | "epoch" | "timer" | "scanner">,
): Promise<OpenResult> {
  const { abort } = request;
  let timedOut = false;
  if (request.signal.aborted) return { ok: false, failure: ABORTED };
  const startedMs = ports.now();
  const watchdog = createWatchdog(ports, request.firstTokenMs, () => {
    timedOut = true;
    abort.abort(TIMED_OUT);
  });
  const release = (): void => watchdog.stop();
  const fail = (failure: Failure): OpenResult => {
    release();
    abort.abort(FAILED);
    return { ok: false, failure };
  };
  const faultNow = (): Failure =>
    request.signal.aborted ? ABORTED : nodeFailure(timedOut ? "timeout" : "network");

  let response: UpstreamAnswer;
  try {
    response = await orAborted(
      transport({
        path: request.path,
        body: request.body,
        headers: request.headers,
        signal: abort.signal,
      }),
      abort.signal,
    );
  } catch {
    return fail(faultNow());
  }
  const watch = createStreamWatch({ choices: request.choices });
  if (
    response.status !== 200 ||
    !/text\/event-stream/i.test(response.headers.get("content-type") ?? "")
  ) {
    // Refusals, and nodes that answer whole where a stream was asked for, are rare: their code is loaded then.
    const other = await import("./unstreamed.ts").catch(() => null);
    const read =
      other === null
        ? nodeFailure("upstream_error")
        : await other.readUnstreamed(response, request, ports.epoch?.());
    if (request.signal.aborted || (timedOut && response.status === 200)) return fail(faultNow());
    if (!Array.isArray(read)) return fail(read);
    release();
    for (const frame of read) watch.push(frame);
    return {
      ok: true,
      stream: {
        node: request.node,
        head: read,
        whole: true,
        watch,
        startedMs,
        firstTokenMs: ports.now(),
        next: nothingMore,
        cancel: release,
      },
    };
  }

  const source = createFrameSource(response, watch, abort.signal, ports.scanner?.());
  const head: SseFrame[] = [];
  for (;;) {
    const step = await source.read(headKind);
    if (step.kind === "failed") {
      return fail(request.signal.aborted || timedOut ? faultNow() : step.failure);
    }
    head.push(...step.frames);
    if (step.kind === "end" || step.sawToken) {
      const firstTokenMs = ports.now();
      watchdog.limit(request.limits.idleMs);
      let ended = false;
      const end = (): void => {
        ended = true;
        watchdog.limit(DRAIN_MS);
        void source.drain().then(release);
      };
      const next = async (): Promise<Step> => {
        if (ended) return { kind: "end", frames: [] };
        const later = await source.read(null);
        if (later.kind === "frames") {
          watchdog.feed();
          return later;
        }
        if (later.kind === "end") {
          end();
          return later;
        }
        ended = true;
        release();
        abort.abort(FAILED);
        if (!request.signal.aborted && !timedOut) return later;
        return { ...later, failure: request.signal.aborted ? ABORTED : nodeFailure("timeout") };
      };
      if (step.kind === "end") end();
      const cancel = (): void => {
        if (ended) return;
        release();
        abort.abort(CANCELLED);
      };
      return {
        ok: true,
        stream: {
          node: request.node,
          head,
          whole: ended,
          watch,
          startedMs,
          firstTokenMs,
          next,
          cancel,
        },
      };
    }
  }
}

/** How long a node may take to close behind its `[DONE]`. */
const DRAIN_MS = 1000;
const TIMED_OUT = new Error("timeout");
const FAILED = new Error("failed");
const CANCELLED = new Error("cancelled");

/** The next step of an answer that came in one piece. */
const nothingMore = (): Promise<Step> => Promise.resolve({ kind: "end", frames: [] });
