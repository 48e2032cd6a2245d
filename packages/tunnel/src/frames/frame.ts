/**
 * Kinds of frames. A frame is `u8 type | u32 stream | u24 length | payload`, numbers big-endian; a message of the
 * socket holds one or many, and nothing depends on where messages are cut. Stream 0 is the connection itself.
 */
export const FRAME = {
  /** Agent to router, first: what the node is, JSON. */
  hello: 1,
  /** Router to agent: method, path and headers, JSON. */
  request: 2,
  requestBody: 3,
  requestEnd: 4,
  /** Agent to router: status and headers, JSON. */
  head: 5,
  data: 6,
  end: 7,
  /** Agent to router: the answer cannot be finished, JSON. */
  error: 8,
  /** Router to agent: nobody wants this any more. Agent to router: this stream is not known (any more). */
  cancel: 9,
  /** More bytes of a body may be sent: u32. */
  window: 10,
  /** No new streams here; those that run may end. */
  goaway: 11,
  /** Agent to router: how busy it is, JSON. */
  load: 12,
} as const;

export type FrameType = (typeof FRAME)[keyof typeof FRAME];

export interface Frame {
  readonly type: FrameType;
  readonly stream: number;
  readonly payload: Uint8Array;
}

export const HEADER_BYTES = 8;
/** Largest payload: a piece of a body, or a report. */
export const MOST_PAYLOAD_BYTES: number = 64 * 1024;
/** Bytes of a body that may be on their way in one direction of one stream before the reader asks for more. */
export const WINDOW_BYTES: number = 256 * 1024;
/** The subprotocol of the WebSocket. */
export const SUBPROTOCOL = "qwq-fit.node.v1";

const NOTHING = new Uint8Array(0);
const encoder = new TextEncoder();

/** A frame's bytes. @throws {RangeError} for a payload beyond {@link MOST_PAYLOAD_BYTES}: ours are cut before. */
export function encodeFrame(
  type: FrameType,
  stream: number,
  payload: Uint8Array = NOTHING,
): Uint8Array {
  const { length } = payload;
  if (length > MOST_PAYLOAD_BYTES) throw new RangeError(`a frame of ${length} bytes`);
  const bytes = new Uint8Array(HEADER_BYTES + length);
  bytes[0] = type;
  bytes[1] = stream >>> 24;
  bytes[2] = stream >>> 16;
  bytes[3] = stream >>> 8;
  bytes[4] = stream;
  bytes[5] = length >>> 16;
  bytes[6] = length >>> 8;
  bytes[7] = length;
  bytes.set(payload, HEADER_BYTES);
  return bytes;
}

/** A frame that holds JSON. */
export function encodeJsonFrame(type: FrameType, stream: number, value: object): Uint8Array {
  return encodeFrame(type, stream, encoder.encode(JSON.stringify(value)));
}

/** A window frame: `bytes` more may be sent. */
export function encodeWindow(stream: number, bytes: number): Uint8Array {
  const payload = new Uint8Array(4);
  new DataView(payload.buffer).setUint32(0, bytes);
  return encodeFrame(FRAME.window, stream, payload);
}

/** A body in frames of `type`, none longer than allowed; none for an empty one. */
export function encodePieces(type: FrameType, stream: number, body: Uint8Array): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (let at = 0; at < body.length; at += MOST_PAYLOAD_BYTES) {
    frames.push(encodeFrame(type, stream, body.subarray(at, at + MOST_PAYLOAD_BYTES)));
  }
  return frames;
}
