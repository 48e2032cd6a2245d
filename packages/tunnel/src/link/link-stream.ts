import { QwqError } from "@qwq-fit/schema";
import { FRAME, type Frame, encodeFrame, encodeWindow, WINDOW_BYTES } from "../frames/frame.ts";
import { jsonOf, windowOf } from "../frames/decoder.ts";
import { type LinkAnswer, readHeaders } from "./link-answer.ts";
import { createBodyQueue } from "./link-body.ts";

/** A request to a node: HTTP without a host. */
export interface TunnelRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly signal: AbortSignal;
  /** Is called once when the stream is over, however it ended. */
  readonly onOver?: () => void;
}

/** The router's end of one stream. */
export interface LinkStream {
  /** @throws {QwqError} `protocol_error` for what this stream may not be sent now. */
  take(frame: Frame): "open" | "over";
  /** Sends as much of the request's body as the node has asked for. */
  pump(): void;
  /** The connection is gone, or the stream is refused. */
  fail(error: QwqError): void;
}

export interface StreamPorts {
  readonly send: (frame: Uint8Array, urgent: boolean) => void;
  /** Settled by the answer's head. */
  readonly resolve: (answer: LinkAnswer) => void;
  readonly reject: (error: QwqError) => void;
  /** The reader went away: the stream is cancelled. */
  readonly left: () => void;
}

const PIECE_BYTES = 32 * 1024;

/** Opens a stream at a node. */
export function createLinkStream(id: number, body: Uint8Array, ports: StreamPorts): LinkStream {
  const { send } = ports;
  let sent = 0;
  let maySend = WINDOW_BYTES;
  let bodyEnded = false;
  let received = 0;
  let granted = WINDOW_BYTES;
  let headed = false;
  let over = false;

  const grant = (): void => {
    if (over) return;
    const free = WINDOW_BYTES - (granted - received) - queue.waiting;
    if (free < WINDOW_BYTES / 2) return;
    granted += free;
    send(encodeWindow(id, free), false);
  };
  const queue = createBodyQueue({
    onRead: grant,
    onCancel: () => {
      if (over) return;
      over = true;
      ports.left();
    },
  });
  const head = (frame: Frame): void => {
    const value = jsonOf(frame);
    const status = value["status"];
    if (headed || typeof status !== "number" || !(status >= 200 && status <= 599)) {
      throw new QwqError("protocol_error", "the node sent a head that is none");
    }
    const headers = readHeaders(value["headers"]);
    headed = true;
    ports.resolve({ status, headers, body: queue.body });
  };

  return {
    pump: () => {
      if (bodyEnded || over) return;
      while (sent < body.length) {
        const piece = body.subarray(sent, sent + Math.min(PIECE_BYTES, maySend));
        if (piece.length === 0) return;
        sent += piece.length;
        maySend -= piece.length;
        send(encodeFrame(FRAME.requestBody, id, piece), false);
      }
      bodyEnded = true;
      send(encodeFrame(FRAME.requestEnd, id), true);
    },
    take: (frame) => {
      switch (frame.type) {
        case FRAME.head:
          head(frame);
          return "open";
        case FRAME.data:
          received += frame.payload.length;
          if (!headed || received > granted) {
            throw new QwqError("protocol_error", "the node sent more than it was asked for");
          }
          if (!over) queue.push(frame.payload.slice());
          return "open";
        case FRAME.end:
          if (!headed) throw new QwqError("protocol_error", "the node ended before it began");
          if (!over) queue.end();
          over = true;
          return "over";
        case FRAME.window: {
          maySend += windowOf(frame);
          if (maySend > 16 * WINDOW_BYTES) {
            throw new QwqError("protocol_error", "the node asks for more than there is");
          }
          return "open";
        }
        case FRAME.error:
        case FRAME.cancel: {
          const code = frame.type === FRAME.error ? jsonOf(frame)["code"] : "cancelled";
          const known = typeof code === "string" && /^[a-z_]{1,40}$/.test(code) ? code : "error";
          end(new QwqError("upstream_error", `the node gave up (${known})`));
          return "over";
        }
        default:
          throw new QwqError("protocol_error", `the node sent a frame ${frame.type}`);
      }
    },
    fail: (error) => end(error),
  };

  function end(error: QwqError): void {
    if (over) return;
    over = true;
    if (headed) queue.fail(error);
    else ports.reject(error);
  }
}
