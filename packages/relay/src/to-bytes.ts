import type { Receipt } from "@qwq-fit/schema";
import { encodeSseComment, encodeSseJson, errorEnvelope, statusOf } from "@qwq-fit/wire";
import { toStream } from "./deliver.ts";
import { tellFailure } from "./failure.ts";
import { frameOf } from "./frames.ts";
import type { FramedAnswer, RelayAnswer, RelayPorts, Voice } from "./ports.ts";

const STREAM_HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
};

/** A stream's error as an event of OpenAI's, its receipt as a comment. */
export const WIRE_VOICE: Voice = {
  error: ({ code, param }) =>
    frameOf(encodeSseJson(errorEnvelope({ code, message: tellFailure(code), param }))),
  seal: (receipt) => frameOf(encodeSseComment(`receipt ${JSON.stringify(receipt)}`)),
};

/** An answer, told by {@link WIRE_VOICE}, as HTTP has it; a failure is OpenAI's error envelope, with none of the nodes' own text. */
export async function toBytes(
  answer: FramedAnswer,
  keepAliveMs: number,
  ports: Pick<RelayPorts, "now" | "timer">,
): Promise<RelayAnswer> {
  const { body, failure, node, receipt } = answer;
  if (typeof body !== "string") {
    let stream: ReadableStream<Uint8Array> | undefined;
    return {
      status: 200,
      headers: { ...STREAM_HEADERS, "x-qwq-node": node },
      frames: body,
      // Made where it is asked for: who writes frames by itself needs none.
      get body() {
        return (stream ??= toStream(body.frames, keepAliveMs, ports, body.abandon));
      },
      receipt,
    };
  }
  const headers = { "content-type": "application/json", ...receiptHeaders(await receipt) };
  if (failure === null) return { status: 200, headers, frames: null, body, receipt };
  const { code, param, retryAfterMs } = failure;
  const wait = retryAfterMs === null ? null : String(Math.ceil(retryAfterMs / 1000));
  return {
    status: statusOf(code),
    headers: wait === null ? headers : { ...headers, "retry-after": wait },
    frames: null,
    body: JSON.stringify(errorEnvelope({ code, message: tellFailure(code), param })),
    receipt,
  };
}

/** Node names may hold any character; a header may not. */
function receiptHeaders(receipt: Receipt): Record<string, string> {
  return {
    "x-qwq-node": encodeURIComponent(receipt.node),
    "x-qwq-receipt": encodeURIComponent(JSON.stringify(receipt)),
  };
}
