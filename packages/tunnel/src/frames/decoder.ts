import { QwqError } from "@qwq-fit/schema";
import { FRAME, type Frame, type FrameType, HEADER_BYTES, MOST_PAYLOAD_BYTES } from "./frame.ts";
import { type Json, parseObject } from "../json.ts";

/** Turns bytes, however they are cut, into frames. */
export interface FrameDecoder {
  /** The frames that are whole now. @throws {QwqError} `protocol_error`; nothing may be pushed after that. */
  push(bytes: Uint8Array): Frame[];
  /** Bytes held of a frame that is not whole; never more than one frame. */
  readonly held: number;
}

const TYPES: ReadonlySet<number> = new Set(Object.values(FRAME));
const isType = (value: number): value is FrameType => TYPES.has(value);
/** Of the connection itself, not of a stream. A cancel may be either: of stream 0 it means all. */
const OF_ALL: ReadonlySet<number> = new Set([FRAME.hello, FRAME.goaway, FRAME.load]);
const EMPTY: ReadonlySet<number> = new Set([
  FRAME.requestEnd,
  FRAME.end,
  FRAME.cancel,
  FRAME.goaway,
]);

/** What is wrong with a header; null where nothing is. */
function headerProblem(type: number, stream: number, length: number): string | null {
  if (!isType(type)) return `an unknown frame (${type})`;
  if (length > MOST_PAYLOAD_BYTES) return `a frame of ${length} bytes`;
  if (type !== FRAME.cancel && OF_ALL.has(type) !== (stream === 0)) {
    return `a frame ${type} of stream ${stream}`;
  }
  if (EMPTY.has(type) && length !== 0) return `a frame ${type} with a payload`;
  if (type === FRAME.window && length !== 4) return `a window of ${length} bytes`;
  if ((type === FRAME.data || type === FRAME.requestBody) && length === 0) return "an empty piece";
  return null;
}

/** A decoder of one connection's bytes. */
export function createFrameDecoder(): FrameDecoder {
  let held: Uint8Array = new Uint8Array(0);
  return {
    get held() {
      return held.length;
    },
    push: (bytes) => {
      let all = bytes;
      if (held.length > 0) {
        all = new Uint8Array(held.length + bytes.length);
        all.set(held);
        all.set(bytes, held.length);
      }
      const frames: Frame[] = [];
      let at = 0;
      while (all.length - at >= HEADER_BYTES) {
        const view = new DataView(all.buffer, all.byteOffset + at, HEADER_BYTES);
        const type = view.getUint8(0);
        const stream = view.getUint32(1);
        const length = view.getUint32(4) & 0xff_ffff;
        const problem = headerProblem(type, stream, length);
        if (problem !== null || !isType(type)) {
          held = new Uint8Array(0);
          throw new QwqError("protocol_error", `the other side sent ${problem ?? "nonsense"}`);
        }
        const end = at + HEADER_BYTES + length;
        if (end > all.length) break;
        frames.push({ type, stream, payload: all.subarray(at + HEADER_BYTES, end) });
        at = end;
      }
      held = at === all.length ? new Uint8Array(0) : all.slice(at);
      return frames;
    },
  };
}

/** A frame's JSON object. @throws {QwqError} `protocol_error` where it is none. */
export function jsonOf(frame: Frame): Json {
  const value = parseObject(frame.payload);
  if (value !== null) return value;
  throw new QwqError("protocol_error", `frame ${frame.type} holds no JSON object`);
}

/** The bytes of a window frame. */
export function windowOf(frame: Frame): number {
  const { buffer, byteOffset } = frame.payload;
  return new DataView(buffer, byteOffset, 4).getUint32(0);
}
