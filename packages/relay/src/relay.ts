import type { Receipt } from "@qwq-fit/schema";
import { encodeSseComment, errorEnvelope, statusOf } from "@qwq-fit/wire";
import { CALLER_GONE, type Carriage, carryStream, noteEnd } from "./carry-stream.ts";
import { compete, type Winner } from "./compete.ts";
import { toStream } from "./deliver.ts";
import { type Failure, tellFailure } from "./failure.ts";
import { frameOf } from "./frames.ts";
import { createLog, receiptOf, type RelayLog } from "./log.ts";
import type { RelayAnswer, RelayCall, RelayPorts } from "./ports.ts";

const STREAM_HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
};

/**
 * Carries one request to the ranked nodes and brings back one answer and its receipt.
 *
 * Before the first token any failure goes on to the next node. After it, `call.mode` decides; a stream that
 * could not be made whole ends with an error event and without `[DONE]`, never as a success. Resolves with
 * an answer for every outcome; faults of nodes are never thrown.
 */
export async function relay(call: RelayCall, ports: RelayPorts): Promise<RelayAnswer> {
  const log = createLog(ports);
  const queue = call.ranked.slice();
  const deadline = withDeadline(call, ports);
  const streamed = call.body["stream"] === true && call.api !== "embeddings";
  if (!streamed) {
    const { carryWhole } = await import("./carry-whole.ts");
    const result = await carryWhole(call, queue, deadline.signal, log, ports);
    deadline.stop();
    const receipt = receiptOf(call, log, result.node, ports);
    if (!result.ok) return failed(deadline.name(result.failure), receipt);
    return {
      status: 200,
      headers: { "content-type": "application/json", ...receiptHeaders(receipt) },
      body: result.text,
      receipt: Promise.resolve(receipt),
    };
  }

  const body = JSON.stringify(call.body);
  const racing = compete(call, queue, body, deadline.signal, log, ports);
  const early = await settledWithin(racing, call.limits.callerHeadersMs, ports);
  if (early !== null && !early.ok) {
    deadline.stop();
    const node = log.attempts.at(-1)?.node ?? "";
    return failed(deadline.name(early.failure), receiptOf(call, log, node, ports));
  }
  return streamAnswer(call, racing, early, { queue, log, deadline, ports });
}

interface Running {
  readonly queue: Carriage["queue"];
  readonly log: RelayLog;
  readonly deadline: Deadline;
  readonly ports: RelayPorts;
}

function streamAnswer(
  call: RelayCall,
  racing: Promise<Winner>,
  early: Winner | null,
  running: Running,
): RelayAnswer {
  const { queue, log, deadline, ports } = running;
  const { promise: receipt, resolve: told } = withResolvers<Receipt>();
  let node = early?.ok === true ? early.ranked.node : (call.ranked[0]?.node ?? "");
  const carriage: Carriage = {
    call,
    queue,
    log,
    ports,
    signal: deadline.signal,
    name: deadline.name,
    seal: (last) =>
      frameOf(
        encodeSseComment(`receipt ${JSON.stringify(receiptOf(call, log, last || node, ports))}`),
      ),
    finished: (last) => {
      deadline.stop();
      node = last === "" ? (log.attempts.at(-1)?.node ?? node) : last;
      told(receiptOf(call, log, node, ports));
    },
  };
  let started = false;
  async function* pieces(): AsyncGenerator<Uint8Array> {
    const winner = await racing;
    started = true;
    yield* carryStream(winner, carriage);
  }
  const abandon = (): void => {
    deadline.abort();
    // A generator that never started runs no `finally`: the race must be ended and told here.
    void racing.then((winner) => {
      if (started) return;
      if (winner.ok) {
        winner.stream.cancel();
        noteEnd(carriage, winner, CALLER_GONE, ports.now());
      }
      told(receiptOf(call, log, node, ports));
    });
  };
  return {
    status: 200,
    headers: { ...STREAM_HEADERS, "x-qwq-node": early?.ok === true ? node : "pending" },
    body: toStream(pieces(), call.limits.keepAliveMs, ports, abandon),
    receipt,
  };
}

/** An answer that no node gave: OpenAI's error envelope, none of the nodes' own text. */
function failed(failure: Failure, receipt: Receipt): RelayAnswer {
  const { code, param, retryAfterMs } = failure;
  const retry =
    retryAfterMs === null ? {} : { "retry-after": String(Math.ceil(retryAfterMs / 1000)) };
  return {
    status: statusOf(code),
    headers: { "content-type": "application/json", ...retry, ...receiptHeaders(receipt) },
    body: JSON.stringify(errorEnvelope({ code, message: tellFailure(code), param })),
    receipt: Promise.resolve(receipt),
  };
}

/** Node names may hold any character; a header may not. */
function receiptHeaders(receipt: Receipt): Record<string, string> {
  return {
    "x-qwq-node": encodeURIComponent(receipt.node),
    "x-qwq-receipt": encodeURIComponent(JSON.stringify(receipt)),
  };
}

interface Deadline {
  readonly signal: AbortSignal;
  abort(): void;
  stop(): void;
  /** An abort by the deadline is a timeout, not the caller's. */
  readonly name: (failure: Failure) => Failure;
}

function withDeadline(call: RelayCall, ports: RelayPorts): Deadline {
  const abort = new AbortController();
  const onAbort = (): void => abort.abort();
  if (call.signal.aborted) onAbort();
  call.signal.addEventListener("abort", onAbort, { once: true });
  let passed = false;
  const { deadlineMs } = call.policy.limits;
  const cancel =
    deadlineMs === null
      ? null
      : ports.timer(deadlineMs, () => {
          passed = true;
          onAbort();
        });
  return {
    signal: abort.signal,
    abort: onAbort,
    stop: () => {
      cancel?.();
      call.signal.removeEventListener("abort", onAbort);
    },
    name: (failure) =>
      passed && failure.fault === "aborted"
        ? { ...failure, code: "timeout", fault: "node" }
        : failure,
  };
}

/** `Promise.withResolvers`, which Node 20 lacks. */
function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  const made: { resolve?: (value: T) => void } = {};
  const promise = new Promise<T>((resolve) => {
    made.resolve = resolve;
  });
  return { promise, resolve: (value) => made.resolve?.(value) };
}

/** The value where it comes within `ms`, else null. */
async function settledWithin<T>(
  work: Promise<T>,
  ms: number,
  ports: Pick<RelayPorts, "timer">,
): Promise<T | null> {
  let cancel: (() => void) | undefined;
  const late = new Promise<null>((resolve) => {
    cancel = ports.timer(ms, () => resolve(null));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    cancel?.();
  }
}
