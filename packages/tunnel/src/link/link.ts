import { QwqError } from "@qwq-fit/schema";
import { createBatcher } from "../frames/batcher.ts";
import { createFrameDecoder, jsonOf } from "../frames/decoder.ts";
import { encodeFrame, encodeJsonFrame, FRAME, type Frame } from "../frames/frame.ts";
import { type NodeHello, readHello, readLoad } from "../node-report.ts";
import type { LinkAnswer } from "./link-answer.ts";
import { createLinkStream, type LinkStream, type TunnelRequest } from "./link-stream.ts";
import { createBucket } from "./rate.ts";

/** What a link needs of its socket and its runtime. */
export interface LinkPorts {
  readonly send: (message: Uint8Array) => void;
  /** Closes the socket; `lost` is called by whoever sees it closed, and may be called again. */
  readonly close: (code: number, reason: string) => void;
  /** Monotonic ms. */
  readonly now: () => number;
  readonly timer: (ms: number, run: () => void) => () => void;
  /** What the node said of itself, at first and whenever it changes. */
  readonly onReport: (hello: NodeHello) => void;
  /** No stream runs any more. */
  readonly onIdle?: () => void;
}

/** The router's end of one socket of a node. */
export interface Link {
  /** The socket's bytes. A node that breaks the protocol is cut off; nothing is thrown. */
  receive(message: Uint8Array): void;
  /**
   * Sends a request; resolves with the answer's head, its body follows. Rejects with a `QwqError`: `network` where
   * the socket is gone, `upstream_error` where the node gives up, `aborted`.
   */
  request(request: TunnelRequest): Promise<LinkAnswer>;
  /** The socket is gone: all that runs fails. */
  lost(): void;
  /** Tells the node to dial anew; what runs may end. */
  goaway(): void;
  /** What the node said of itself; null before it did. */
  readonly hello: NodeHello | null;
  /** False once the node has said that it takes no more. */
  readonly open: boolean;
  readonly streams: number;
}

/** Ids of streams: this many for each generation of a socket. */
const GENERATION_BITS = 20;
/** Generations of one socket; an object that was evicted so often has its node dial anew. */
export const MOST_GENERATIONS: number = 2 ** (32 - GENERATION_BITS) - 1;
/** Streams that were cancelled and not yet acknowledged. */
const MOST_CANCELLED = 1024;
const BATCH_MS = 4;
/** A node that has not said a word for so long after a cancel is gone, ms. */
const SILENT_MS = 10_000;
/** Frames that no credit bounds: reports, and what belongs to no stream. A burst, and then so many a second. */
const FREE_FRAMES = 200;
const FREE_FRAMES_PER_SECOND = 20;
/** Bytes of streams of an earlier generation, which were on their way when the object was evicted. */
const STALE_BYTES = 64 * 1024 * 1024;

/**
 * A link over a socket. Ids of streams begin anew with each `generation`, so that what an evicted object had begun
 * is never taken for what its successor began.
 */
export function createLink(ports: LinkPorts, generation = 0, known: NodeHello | null = null): Link {
  const decoder = createFrameDecoder();
  const streams = new Map<number, LinkStream>();
  const onOver = new Map<number, () => void>();
  const cancelled = new Set<number>();
  const free = createBucket(FREE_FRAMES, FREE_FRAMES_PER_SECOND, ports.now);
  const first = generation * 2 ** GENERATION_BITS;
  const last = first + 2 ** GENERATION_BITS - 1;
  let next = first + 1;
  let hello = known;
  let staleBytes = STALE_BYTES;
  let waiting: (() => void) | null = null;
  let leaving = false;
  let gone = false;
  const batcher = createBatcher({ ...ports, soon: (run) => run(), batchMs: BATCH_MS });
  const send = (frame: Uint8Array, urgent: boolean): void => batcher.add(frame, urgent);

  const lost = (): void => {
    gone = true;
    waiting?.();
    batcher.stop();
    const all = [...streams.values()];
    const told = [...onOver.values()];
    streams.clear();
    onOver.clear();
    cancelled.clear();
    for (const stream of all) stream.fail(new QwqError("network", "the node's connection is gone"));
    for (const tell of told) tell();
  };
  const breakOff = (reason: string): void => {
    if (gone) return;
    lost();
    ports.close(1008, reason.slice(0, 100));
  };
  const over = (id: number): void => {
    streams.delete(id);
    onOver.get(id)?.();
    onOver.delete(id);
    if (streams.size === 0) ports.onIdle?.();
  };
  /** A node that is there acknowledges at once. One that says nothing at all is not: its socket is half open. */
  const expectWord = (): void => {
    waiting ??= ports.timer(SILENT_MS, () => breakOff("silent"));
  };
  const cancel = (id: number): void => {
    if (!streams.has(id) || gone) return;
    cancelled.add(id);
    expectWord();
    send(encodeFrame(FRAME.cancel, id), true);
    over(id);
    if (cancelled.size > MOST_CANCELLED) breakOff("cancelled streams are not given up");
  };

  /** A frame of a stream that is not open. */
  const takeStray = ({ type, stream: id, payload }: Frame): void => {
    const ending = type === FRAME.end || type === FRAME.error || type === FRAME.cancel;
    if (cancelled.has(id)) {
      if (ending) cancelled.delete(id);
      return;
    }
    if (id <= first) {
      staleBytes -= payload.length + 1;
      if (staleBytes < 0) breakOff("too much of streams that are gone");
      return;
    }
    if (!free.take(1)) breakOff("frames of streams that are not its own");
    else if (!ending) send(encodeFrame(FRAME.cancel, id), false);
  };
  const take = (frame: Frame): void => {
    if (frame.type === FRAME.hello || frame.type === FRAME.load) {
      if (!free.take(1)) return breakOff("too many reports");
      const value = jsonOf(frame);
      if (frame.type === FRAME.hello) hello = readHello(value);
      else if (hello === null) return breakOff("no hello");
      else hello = { ...hello, load: readLoad(value) };
      return ports.onReport(hello);
    }
    if (frame.type === FRAME.goaway) {
      leaving = true;
      if (streams.size === 0) ports.onIdle?.();
      return undefined;
    }
    const stream = streams.get(frame.stream);
    if (stream === undefined) return takeStray(frame);
    if (stream.take(frame) === "over") over(frame.stream);
    else if (frame.type === FRAME.window) stream.pump();
    return undefined;
  };

  // What an earlier generation had begun has no reader any more.
  if (generation > 0) send(encodeFrame(FRAME.cancel, 0), true);

  return {
    get hello() {
      return hello;
    },
    get open() {
      return !gone && !leaving && hello !== null;
    },
    get streams() {
      return streams.size;
    },
    receive: (message) => {
      waiting?.();
      waiting = null;
      try {
        for (const frame of decoder.push(message)) {
          if (gone) return;
          take(frame);
        }
      } catch (error) {
        breakOff(QwqError.is(error) ? error.message : "a fault");
      }
    },
    request: ({ method, path, headers, body, signal, onOver: told }) =>
      new Promise((resolve, reject) => {
        const id = next;
        if (signal.aborted) return reject(new QwqError("aborted", "the request was given up"));
        if (gone || leaving || id > last) {
          return reject(new QwqError("network", "the node takes no requests on this connection"));
        }
        next += 1;
        const abort = (): void => {
          cancel(id);
          stream.fail(new QwqError("aborted", "the request was given up"));
        };
        const stream = createLinkStream(id, body, {
          send,
          resolve,
          reject,
          left: () => cancel(id),
        });
        streams.set(id, stream);
        onOver.set(id, () => {
          // A signal may outlive its stream, and would hold all that it had read.
          signal.removeEventListener("abort", abort);
          told?.();
        });
        signal.addEventListener("abort", abort, { once: true });
        send(encodeJsonFrame(FRAME.request, id, { method, path, headers }), false);
        stream.pump();
        return undefined;
      }),
    goaway: () => {
      if (gone) return;
      leaving = true;
      send(encodeFrame(FRAME.goaway, 0), true);
      batcher.flush();
    },
    lost,
  };
}
