import type { FrameStream } from "@qwq-fit/relay";
import type { Receipt } from "@qwq-fit/schema";
import { type ChatChunk, readFrame } from "@qwq-fit/wire";
import { clientError } from "../core/errors.ts";

/** A streamed answer: chunks in OpenAI's shape, and the receipt when it has ended. */
export interface ChatStream extends AsyncIterable<ChatChunk> {
  readonly receipt: Promise<Receipt>;
  /** Ends the answer everywhere. */
  abort(): void;
}

/**
 * Relayed frames as chunks. An error event is thrown; a stream without `[DONE]` is no answer. No generator: the chunks
 * of one read are handed out without waiting for anything.
 */
export function readChunks(
  { frames, abandon }: FrameStream,
  target: () => string,
): AsyncIterator<ChatChunk> {
  let ready: ChatChunk[] = [];
  let at = 0;
  let done = false;
  let failure: Error | null = null;

  const facts = () => ({ status: 200, target: target(), retryAfterMs: null });
  const refill = async (): Promise<IteratorResult<ChatChunk>> => {
    while (at === ready.length) {
      if (failure !== null) {
        // Who gets an error does not say goodbye: the answer is ended, and its receipt told, here.
        await frames.return(undefined);
        throw failure;
      }
      // One read after the other: that is a stream.
      // oxlint-disable-next-line no-await-in-loop
      const step = await frames.next();
      if (step.done === true) {
        if (done) return { done, value: undefined };
        const message = "the stream ended before the answer was whole";
        throw clientError("stream_interrupted", message, facts());
      }
      ready = [];
      at = 0;
      for (const frame of step.value) {
        const data = readFrame(frame);
        if (data === null || done) continue;
        if (data.kind === "chunk") ready.push(data.chunk);
        else if (data.kind === "done") done = true;
        else if (data.kind === "malformed")
          failure ??= clientError("protocol_error", data.reason, facts());
        else failure ??= clientError(data.error.code, data.error.message, facts());
      }
    }
    return { done: false, value: take() };
  };
  const take = (): ChatChunk => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `at` is below its length
    return ready[at++] as ChatChunk;
  };
  return {
    next: () => (at < ready.length ? Promise.resolve({ value: take() }) : refill()),
    // Leaving the loop early ends the request at the node as well.
    return: async () => {
      abandon();
      await frames.return(undefined).catch(() => undefined);
      return { done: true, value: undefined };
    },
  };
}
