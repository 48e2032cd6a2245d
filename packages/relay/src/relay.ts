import type { Receipt } from "@qwq-fit/schema";
import { type Carriage, carryStream } from "./carry-stream.ts";
import { compete, type Winner } from "./compete.ts";
import { either } from "./either.ts";
import { type Failure, tellFailure } from "./failure.ts";
import { frameOf } from "./frames.ts";
import { createLog, receiptOf, type RelayLog } from "./log.ts";
import { toBytes, WIRE_VOICE } from "./to-bytes.ts";
import type { FramedAnswer, RelayAnswer, RelayCall, RelayPorts, Voice } from "./ports.ts";

/**
 * Carries one request to the ranked nodes and brings back one answer and its receipt.
 *
 * Before the first token any failure goes on to the next node. After it, `call.mode` decides; a stream that
 * could not be made whole ends with an error event and without `[DONE]`, never as a success. Resolves with
 * an answer for every outcome; faults of nodes are never thrown.
 */
export async function relay(call: RelayCall, ports: RelayPorts): Promise<RelayAnswer> {
  return toBytes(await relayFrames(call, ports, WIRE_VOICE), call.limits.keepAliveMs, ports);
}

/** An error as what it will be read as; whoever reads frames has the receipt beside them. */
const FRAME_VOICE: Voice = {
  error: ({ code, param }) => {
    const message = tellFailure(code);
    const error = { code, message, param, type: null, upstreamCode: null, status: null };
    return { ...frameOf(""), read: { kind: "error", error } };
  },
  seal: null,
};

/** {@link relay} for who reads the answer in the same process: a stream as its frames, each parsed once. */
export async function relayFrames(
  call: RelayCall,
  ports: RelayPorts,
  voice: Voice = FRAME_VOICE,
): Promise<FramedAnswer> {
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
    const { node, text } = result;
    return { failure: null, node, body: text, receipt: Promise.resolve(receipt) };
  }

  const body = JSON.stringify(call.body);
  const racing = compete(call, queue, body, deadline.signal, log, ports);
  const early = await either<Winner, null>(racing, (late) =>
    ports.timer(call.limits.callerHeadersMs, () => late(null)),
  );
  if (early !== null && !early.ok) {
    deadline.stop();
    const node = log.attempts.at(-1)?.node ?? "";
    return failed(deadline.name(early.failure), receiptOf(call, log, node, ports));
  }
  return streamAnswer(call, racing, early, { queue, log, deadline, ports, voice });
}

interface Running {
  readonly queue: Carriage["queue"];
  readonly log: RelayLog;
  readonly deadline: Deadline;
  readonly ports: RelayPorts;
  readonly voice: Voice;
}

function streamAnswer(
  call: RelayCall,
  racing: Promise<Winner>,
  early: Winner | null,
  running: Running,
): FramedAnswer {
  const { queue, log, deadline, ports, voice } = running;
  const { promise: receipt, resolve: told } = withResolvers<Receipt>();
  let node = early?.ok === true ? early.ranked.node : (call.ranked[0]?.node ?? "");
  let made: Receipt | null = null;
  const carriage: Carriage = {
    call,
    queue,
    log,
    ports,
    signal: deadline.signal,
    name: deadline.name,
    voice,
    seal: (last) => {
      if (voice.seal === null) return [];
      made = receiptOf(call, log, last || node, ports);
      return [voice.seal(made)];
    },
    finished: (last) => {
      deadline.stop();
      node = last === "" ? (log.attempts.at(-1)?.node ?? node) : last;
      told(made ?? receiptOf(call, log, node, ports));
    },
  };
  const frames = carryStream(racing, carriage);
  const abandon = (): void => {
    deadline.abort();
    void frames.return();
  };
  return {
    failure: null,
    node: early?.ok === true ? node : "pending",
    body: { frames, abandon },
    receipt,
  };
}

/** An answer that no node gave. */
function failed(failure: Failure, receipt: Receipt): FramedAnswer {
  return { failure, node: receipt.node, body: "", receipt: Promise.resolve(receipt) };
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
