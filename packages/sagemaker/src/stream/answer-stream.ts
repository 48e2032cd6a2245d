import { createBodyDecoder } from "./body-decoder.ts";
import type { StreamAbout } from "./chat-writer.ts";
import { codeOfBreak } from "./stream-failure.ts";

/** Parts of a body in their order; `return` ends it early. */
export type Parts = AsyncIterable<Uint8Array>;

/** Parts of a web stream: not every runtime's can be iterated. */
export async function* partsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  let ended = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      yield value;
    }
    ended = true;
  } finally {
    if (!ended) await reader.cancel().catch(() => undefined);
  }
}

const encoder = new TextEncoder();

/**
 * A container's body as an event stream of OpenAI's. A part is asked for when the reader wants more; a failure cuts
 * back to the last whole event and is told in one of ours.
 */
export function answerStream(
  body: ReadableStream<Uint8Array> | Parts,
  about: StreamAbout,
): Response {
  const decoder = createBodyDecoder(about);
  const parts = (body instanceof ReadableStream ? partsOf(body) : body)[Symbol.asyncIterator]();
  const events = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        for (;;) {
          let text: string;
          let ended = false;
          try {
            const { done, value } = await parts.next();
            ended = done === true;
            text = done === true ? decoder.end() : decoder.push(value);
          } catch (error) {
            ended = true;
            text = decoder.fail(codeOfBreak(error));
          }
          if (text !== "") controller.enqueue(encoder.encode(text));
          if (ended || decoder.over) {
            controller.close();
            if (!ended) void Promise.resolve(parts.return?.()).catch(() => undefined);
            return;
          }
          if (text !== "") return;
        }
      },
      cancel: async () => {
        await parts.return?.();
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(events, { headers: { "content-type": "text/event-stream" } });
}
