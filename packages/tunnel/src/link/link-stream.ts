import { QwqError } from "@qwq-fit/schema";
import { FRAME, type Frame, encodeFrame, encodeWindow, WINDOW_BYTES } from "../frames/frame.ts";
import { jsonOf, windowOf } from "../frames/decoder.ts";
import { objectOf } from "../json.ts";

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
  readonly resolve: (response: Response) => void;
  readonly reject: (error: QwqError) => void;
  /** The reader went away: the stream is cancelled. */
  readonly left: () => void;
}

/** Statuses that have no body. */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);
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
  let controller: ReadableStreamDefaultController<Uint8Array> | null = null;

  const grant = (): void => {
    if (controller === null || over) return;
    const waiting = WINDOW_BYTES - (controller.desiredSize ?? 0);
    const free = WINDOW_BYTES - (granted - received) - waiting;
    if (free < WINDOW_BYTES / 2) return;
    granted += free;
    send(encodeWindow(id, free), false);
  };
  const head = (frame: Frame): void => {
    const value = jsonOf(frame);
    const status = value["status"];
    if (headed || typeof status !== "number" || !(status >= 200 && status <= 599)) {
      throw new QwqError("protocol_error", "the node sent a head that is none");
    }
    headed = true;
    const headers = new Headers();
    for (const [name, text] of Object.entries(objectOf(value["headers"]))) {
      try {
        if (typeof text === "string") headers.append(name, text);
      } catch {
        throw new QwqError("protocol_error", "the node sent a header that is none");
      }
    }
    const stream = new ReadableStream<Uint8Array>(
      {
        start: (made) => {
          controller = made;
        },
        pull: grant,
        cancel: () => {
          if (over) return;
          over = true;
          ports.left();
        },
      },
      new ByteLengthQueuingStrategy({ highWaterMark: WINDOW_BYTES }),
    );
    ports.resolve(new Response(BODILESS.has(status) ? null : stream, { status, headers }));
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
          if (!over) controller?.enqueue(frame.payload.slice());
          return "open";
        case FRAME.end:
          if (!headed) throw new QwqError("protocol_error", "the node ended before it began");
          if (!over) controller?.close();
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
    if (headed) controller?.error(error);
    else ports.reject(error);
  }
}
