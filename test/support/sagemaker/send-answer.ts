import type { ServerResponse } from "node:http";
import type { AnswerSource } from "../answer-source.ts";
import { bodyOf, type ContainerKind, TYPE_OF, wholeOf } from "./container-bodies.ts";
import { errorFrame, exceptionFrame, payloadPart } from "./event-frames.ts";
import type { SageMakerFault } from "./sagemaker-fault.ts";
import type { Cuts, SageMakerSeen } from "./sagemaker-server.ts";

/** What is sent. */
interface Planned {
  readonly kind: ContainerKind;
  readonly source: AnswerSource;
  readonly start: number;
  readonly fault: SageMakerFault;
  readonly cuts: Cuts;
}

const SECRET = "secret inner text of the model server";

function* cutUp(bytes: Buffer, size: number): Generator<Buffer> {
  const step = size === 0 ? Math.max(1, bytes.length) : size;
  for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
}

/** Sends a container's answer as the route does: as it is, or in frames. */
export async function sendAnswer(
  response: ServerResponse,
  seen: SageMakerSeen,
  { kind, source, start, fault, cuts }: Planned,
): Promise<void> {
  const framed = seen.route === "stream";
  const streams = framed || (seen.route === "openai" && seen.body["stream"] === true);
  if (!streams) {
    response.writeHead(200, {
      "content-type": "application/json",
      "x-amzn-invoked-production-variant": "primary",
    });
    if ("at" in fault) {
      response.write(wholeOf(kind, source, start).slice(0, 20), () => response.destroy());
      return;
    }
    response.end(wholeOf(kind, source, start));
    return;
  }
  response.writeHead(200, {
    "content-type": framed ? "application/vnd.amazon.eventstream" : TYPE_OF[kind],
    "x-amzn-invoked-production-variant": "primary",
    ...(framed ? { "x-amzn-sagemaker-content-type": TYPE_OF[kind] } : {}),
  });
  const write = async (bytes: Buffer): Promise<void> => {
    for (const piece of cutUp(bytes, cuts.writeBytes)) {
      if (response.destroyed) return;
      await new Promise<void>((resolve) => {
        response.write(piece, () => resolve());
      });
    }
  };
  // Parts are filled across the container's own events, and the rest is sent with the last.
  let rest = Buffer.alloc(0);
  const send = async (text: string, flush = false): Promise<void> => {
    if (!framed) return write(Buffer.from(text));
    rest = Buffer.concat([rest, Buffer.from(text)]);
    const size = cuts.partBytes === 0 ? Math.max(1, rest.length) : cuts.partBytes;
    const least = flush ? 1 : size;
    while (rest.length >= least) {
      await write(payloadPart(rest.subarray(0, size)));
      rest = rest.subarray(size);
    }
  };
  const body = bodyOf(kind, source, start, cuts.lineEnd);
  const at = "at" in fault ? Math.min(body.tokens.length - 1, Math.max(0, fault.at - start)) : -1;
  for (const piece of body.head) await send(piece);
  for (const [i, piece] of body.tokens.entries()) {
    if (i === at) {
      await send("", true);
      return breakAt(response, fault, { piece, error: body.error, framed, send, write });
    }
    await send(piece);
  }
  for (const [i, piece] of body.end.entries()) await send(piece, i === body.end.length - 1);
  response.end();
}

interface Break {
  readonly piece: string;
  readonly error: string;
  readonly framed: boolean;
  readonly send: (text: string, flush?: boolean) => Promise<void>;
  readonly write: (bytes: Buffer) => Promise<void>;
}

async function breakAt(
  response: ServerResponse,
  fault: SageMakerFault,
  { piece, error, framed, send, write }: Break,
): Promise<void> {
  const half = Buffer.from(piece).subarray(0, Math.ceil(Buffer.byteLength(piece) / 2));
  const frame = payloadPart(half);
  const frames = async (...sent: readonly Buffer[]): Promise<void> => {
    // The container's own stream has no such fault: there its connection goes.
    if (!framed) return void response.destroy();
    for (const one of sent) await write(one);
    response.end();
  };
  switch (fault.kind) {
    case "cut":
      await write(framed ? frame.subarray(0, frame.length - 6) : half);
      return void response.end();
    case "reset":
      return void response.socket?.resetAndDestroy();
    case "clean-end":
      return void response.end();
    case "stall":
      return;
    case "container-error":
      await send(error, true);
      return void response.end();
    case "malformed":
      await send(piece.replace(/[{]/u, "<html>"), true);
      return void response.end();
    case "stream-timeout":
      return frames(
        frame,
        exceptionFrame("ModelStreamError", {
          Message: SECRET,
          ErrorCode: "ModelInvocationTimeExceeded",
        }),
      );
    case "stream-broken":
      return frames(
        frame,
        exceptionFrame("ModelStreamError", { Message: SECRET, ErrorCode: "StreamBroken" }),
      );
    case "stream-internal":
      return frames(frame, exceptionFrame("InternalStreamFailure", { Message: SECRET }));
    case "stream-unknown":
      return frames(frame, errorFrame("InternalError", SECRET));
    case "bad-checksum":
      frame.writeUInt8(frame.readUInt8(frame.length - 8) ^ 1, frame.length - 8);
      return frames(frame);
    case "bad-prelude":
      frame.writeUInt8(frame.readUInt8(9) ^ 1, 9);
      return frames(frame);
    case "huge-frame":
      frame.writeUInt32BE(0xffff_fff0, 0);
      return frames(frame);
    case "cut-in-length":
      return frames(frame.subarray(0, 3));
    default:
      return void response.end();
  }
}
