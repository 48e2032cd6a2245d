import { QwqError } from "@qwq-fit/schema";
import { windowOf } from "../frames/decoder.ts";
import {
  encodeFrame,
  encodeJsonFrame,
  encodePieces,
  encodeWindow,
  FRAME,
  type Frame,
  WINDOW_BYTES,
} from "../frames/frame.ts";
import { answerHeaders } from "./allowed.ts";
import type { LocalExchange, LocalNode, LocalRequest } from "./local-node.ts";

/** The agent's end of one stream. */
export interface AgentStream {
  /** @throws {QwqError} `protocol_error` */
  take(frame: Frame): void;
  /** Ends the local request; nothing is sent. */
  cancel(): void;
  /** Bytes of the request's body that are held. */
  readonly held: number;
}

export interface AgentStreamPorts {
  readonly send: (frame: Uint8Array, urgent: boolean) => void;
  readonly local: LocalNode;
  readonly maxBodyBytes: number;
  /** The stream is over, and told so. */
  readonly over: () => void;
}

/** An answer that the agent gives itself, in OpenAI's envelope. */
export function refuse(
  send: AgentStreamPorts["send"],
  id: number,
  status: number,
  code: string,
): void {
  const body = new TextEncoder().encode(
    JSON.stringify({ error: { message: `the node's agent: ${code}`, type: code, code } }),
  );
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (status === 503) headers["retry-after"] = "1";
  send(encodeJsonFrame(FRAME.head, id, { status, headers }), false);
  send(encodeFrame(FRAME.data, id, body), false);
  send(encodeFrame(FRAME.end, id), true);
}

/** A stream whose request was let through. Its body is held until it is whole. */
export function createAgentStream(
  id: number,
  request: Omit<LocalRequest, "body">,
  ports: AgentStreamPorts,
): AgentStream {
  const { send } = ports;
  let parts: Uint8Array[] = [];
  let held = 0;
  let granted = WINDOW_BYTES;
  let maySend = WINDOW_BYTES;
  let waiting: Uint8Array[] = [];
  let ended = false;
  let first = true;
  let over = false;
  let exchange: LocalExchange | null = null;

  const finish = (): void => {
    over = true;
    waiting = [];
    parts = [];
    held = 0;
    ports.over();
  };
  /** Sends what the router has asked for; stops the local server where it asked for less. */
  const pump = (): void => {
    for (;;) {
      const [piece] = waiting;
      if (piece === undefined) break;
      const now = piece.subarray(0, maySend);
      if (now.length === 0) return;
      maySend -= now.length;
      if (now.length === piece.length) waiting.shift();
      else waiting[0] = piece.subarray(now.length);
      for (const frame of encodePieces(FRAME.data, id, now)) send(frame, first);
      first = false;
    }
    if (ended) {
      send(encodeFrame(FRAME.end, id), true);
      finish();
    } else if (maySend > 0) exchange?.resume();
  };
  const start = (): void => {
    const body = new Uint8Array(held);
    let at = 0;
    for (const part of parts) {
      body.set(part, at);
      at += part.length;
    }
    parts = [];
    held = 0;
    exchange = ports.local(
      { ...request, body },
      {
        head: (status, headers) => {
          if (over) return;
          const told = { status, headers: answerHeaders(headers) };
          send(encodeJsonFrame(FRAME.head, id, told), false);
        },
        data: (bytes) => {
          if (over || bytes.length === 0) return;
          waiting.push(bytes);
          pump();
          if (waiting.length > 0) exchange?.pause();
        },
        end: () => {
          if (over) return;
          ended = true;
          pump();
        },
        failed: () => {
          if (over) return;
          send(encodeJsonFrame(FRAME.error, id, { code: "local_failed" }), true);
          finish();
        },
      },
    );
    if (over) exchange.cancel();
  };

  return {
    get held() {
      return held;
    },
    take: (frame) => {
      switch (frame.type) {
        case FRAME.requestBody: {
          const { length } = frame.payload;
          held += length;
          granted -= length;
          if (granted < 0 || exchange !== null) {
            throw new QwqError("protocol_error", "the router sent more than it was asked for");
          }
          if (held > ports.maxBodyBytes) {
            refuse(send, id, 413, "too_large");
            return finish();
          }
          parts.push(frame.payload.slice());
          if (granted <= WINDOW_BYTES / 2) {
            send(encodeWindow(id, WINDOW_BYTES - granted), true);
            granted = WINDOW_BYTES;
          }
          return undefined;
        }
        case FRAME.requestEnd:
          if (exchange !== null) throw new QwqError("protocol_error", "a second end");
          return start();
        case FRAME.window:
          maySend = Math.min(maySend + windowOf(frame), 16 * WINDOW_BYTES);
          return pump();
        default:
          throw new QwqError("protocol_error", `the router sent a frame ${frame.type}`);
      }
    },
    cancel: () => {
      if (over) return;
      over = true;
      exchange?.cancel();
      finish();
    },
  };
}
