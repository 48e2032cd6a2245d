import type { Receipt } from "@qwq-fit/schema";
import {
  type ChatChunk,
  createSseScanner,
  parseSseFrame,
  readChatData,
  type SseFrame,
} from "@qwq-fit/wire";
import { ClientError, errorOfEnvelope } from "../core/errors.ts";

/** A streamed answer: chunks in OpenAI's shape, and the receipt when it has ended. */
export interface ChatStream extends AsyncIterable<ChatChunk> {
  readonly receipt: Promise<Receipt>;
  /** Ends the answer everywhere. */
  abort(): void;
}

/** Reads relayed bytes as chunks. An error event is thrown; a stream without `[DONE]` is no answer. */
export async function* readChunks(
  body: ReadableStream<Uint8Array>,
  target: () => string,
): AsyncGenerator<ChatChunk> {
  const scanner = createSseScanner();
  const reader = body.getReader();
  let done = false;
  try {
    for (;;) {
      const { done: over, value } = await reader.read();
      const last = over ? scanner.end() : null;
      const frames: readonly SseFrame[] = over
        ? last === null
          ? []
          : [last]
        : scanner.push(value);
      for (const frame of frames) {
        if (done) continue;
        const event = parseSseFrame(frame);
        if (event.data === null) continue;
        const data = readChatData(event);
        if (data.kind === "chunk") yield data.chunk;
        else if (data.kind === "done") done = true;
        else {
          throw errorOfEnvelope(event.data, { status: 200, target: target(), retryAfterMs: null });
        }
      }
      if (!over) continue;
      if (done) return;
      throw new ClientError("stream_interrupted", "the stream ended before the answer was whole", {
        status: 200,
        target: target(),
      });
    }
  } finally {
    // Leaving the loop early ends the request at the node as well.
    await reader.cancel().catch(() => undefined);
  }
}
