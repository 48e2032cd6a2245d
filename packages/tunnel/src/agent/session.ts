import { QwqError } from "@qwq-fit/schema";
import { createBatcher } from "../frames/batcher.ts";
import { createFrameDecoder, jsonOf } from "../frames/decoder.ts";
import { encodeFrame, encodeJsonFrame, FRAME, type Frame } from "../frames/frame.ts";
import type { NodeHello, NodeLoad } from "../node-report.ts";
import { type AgentStream, createAgentStream, refuse } from "./agent-stream.ts";
import { isAllowed, requestHeaders } from "./allowed.ts";
import type { LocalNode } from "./local-node.ts";

/** Bounds of what one connection may ask of this machine. */
export interface AgentLimits {
  /** Requests side by side; more are answered 503, and the router goes elsewhere. */
  readonly streams: number;
  /** Of one request's body. */
  readonly bodyBytes: number;
}

export const DEFAULT_AGENT_LIMITS: AgentLimits = { streams: 64, bodyBytes: 8 * 1024 * 1024 };

export interface SessionPorts {
  readonly send: (message: Uint8Array) => void;
  readonly close: (code: number, reason: string) => void;
  readonly timer: (ms: number, run: () => void) => () => void;
  readonly soon: (run: () => void) => void;
  readonly local: LocalNode;
  readonly limits: AgentLimits;
  /** The router takes this connection out of use: another is to be dialled. */
  readonly onGoaway: () => void;
  /** No stream runs any more. */
  readonly onIdle: () => void;
}

/** The agent's end of one socket. */
export interface AgentSession {
  /** The socket's bytes. A router that breaks the protocol is cut off; nothing is thrown. */
  receive(message: Uint8Array): void;
  hello(hello: NodeHello): void;
  load(load: NodeLoad): void;
  /** Takes no new requests; what runs may end. */
  drain(): void;
  /** The socket is gone: local requests are ended. */
  lost(): void;
  readonly streams: number;
}

/** Wait for more frames before a message goes out, ms; a first piece and an end do not wait. */
const BATCH_MS = 4;
/** Bodies that are held while they come, together, in the largest. */
const HELD_BODIES = 8;

/** The agent's side of one connection. */
export function createAgentSession(ports: SessionPorts): AgentSession {
  const { limits } = ports;
  const decoder = createFrameDecoder();
  const streams = new Map<number, AgentStream>();
  const batcher = createBatcher({ ...ports, batchMs: BATCH_MS });
  const send = (frame: Uint8Array, urgent: boolean): void => batcher.add(frame, urgent);
  let draining = false;
  let gone = false;

  const lost = (): void => {
    gone = true;
    batcher.stop();
    const all = [...streams.values()];
    streams.clear();
    for (const stream of all) stream.cancel();
  };
  const breakOff = (reason: string): void => {
    if (gone) return;
    lost();
    ports.close(1008, reason.slice(0, 100));
  };
  const over = (id: number): void => {
    if (streams.delete(id) && streams.size === 0) ports.onIdle();
  };
  const heldBytes = (): number => {
    let sum = 0;
    for (const stream of streams.values()) sum += stream.held;
    return sum;
  };
  const open = (frame: Frame): void => {
    const id = frame.stream;
    if (streams.has(id)) throw new QwqError("protocol_error", "the router opened a stream twice");
    const { method, path, headers } = jsonOf(frame);
    if (!isAllowed(method, path)) return refuse(send, id, 403, "path_not_allowed");
    const full = streams.size >= limits.streams || heldBytes() > HELD_BODIES * limits.bodyBytes;
    if (draining || full) return refuse(send, id, 503, draining ? "draining" : "saturated");
    const request = {
      method: method === "GET" ? "GET" : "POST",
      path,
      headers: requestHeaders(headers),
    } as const;
    const stream = createAgentStream(id, request, {
      send,
      local: ports.local,
      maxBodyBytes: limits.bodyBytes,
      over: () => over(id),
    });
    streams.set(id, stream);
    return undefined;
  };
  const cancel = (id: number): void => {
    for (const one of id === 0 ? [...streams.keys()] : [id]) {
      const stream = streams.get(one);
      if (stream === undefined) continue;
      stream.cancel();
      // The router forgets the stream when it has this; of one that is not known here it has had the end.
      if (id !== 0) send(encodeFrame(FRAME.cancel, one), true);
    }
  };
  const take = (frame: Frame): void => {
    switch (frame.type) {
      case FRAME.request:
        return open(frame);
      case FRAME.cancel:
        return cancel(frame.stream);
      case FRAME.goaway:
        return ports.onGoaway();
      default:
        // Of a stream that was refused or is over: its last pieces were on their way.
        streams.get(frame.stream)?.take(frame);
    }
    return undefined;
  };

  return {
    get streams() {
      return streams.size;
    },
    receive: (message) => {
      try {
        for (const frame of decoder.push(message)) {
          if (gone) return;
          take(frame);
        }
      } catch (error) {
        breakOff(QwqError.is(error) ? error.message : "a fault");
      }
    },
    hello: (hello) => {
      send(encodeJsonFrame(FRAME.hello, 0, hello), true);
    },
    load: (load) => {
      send(encodeJsonFrame(FRAME.load, 0, load), false);
    },
    drain: () => {
      if (draining || gone) return;
      draining = true;
      send(encodeFrame(FRAME.goaway, 0), true);
      batcher.flush();
      if (streams.size === 0) ports.onIdle();
    },
    lost,
  };
}
