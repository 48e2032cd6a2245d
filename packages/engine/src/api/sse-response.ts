import { encodeSseComment } from "@qwq-fit/wire";

export interface SseResponseOptions {
  /** Text of events, in order; its failures are the caller's to turn into events. */
  readonly events: AsyncGenerator<string>;
  /** Headers go out after this time even where there is no event yet; a failure before it throws. */
  readonly graceMs: number;
  readonly pingMs: number;
  /** Text of the comment that is sent now; default "ping". */
  readonly comment?: () => string;
  /** A failure after the headers, as event text. */
  readonly failed: (error: unknown) => string;
  /** The reader went away. */
  readonly cancelled: () => void;
}

/** OpenAI's clients wait for headers no longer than for a body: they are out by then. */
export const GRACE_MS = 100;

/**
 * A stream of events. It waits up to `graceMs` for the first, so a request that is refused at once gets its
 * status; after that the headers are out, comments keep the connection open, and failures are told in band.
 */
export async function sseResponse(
  options: SseResponseOptions,
  headers: Record<string, string>,
): Promise<Response> {
  const { events, pingMs } = options;
  let next: Promise<IteratorResult<string>> = events.next();
  // A failure that comes after the grace is seen when the stream is read.
  next.catch(() => {});
  const prompt = await settlesWithin(next, options.graceMs);
  const encoder = new TextEncoder();
  const ping = (): Uint8Array => encoder.encode(encodeSseComment(options.comment?.() ?? "ping"));
  let quiet = true;
  let pinger: ReturnType<typeof setInterval>;
  const body = new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        if (!prompt) controller.enqueue(ping());
        pinger = setInterval(() => {
          // A reader that is behind has comments enough.
          if (quiet && (controller.desiredSize ?? -1) >= 0) controller.enqueue(ping());
          quiet = true;
        }, pingMs);
        pinger.unref();
      },
      pull: async (controller) => {
        try {
          const got = await next;
          if (got.done !== true) {
            quiet = false;
            controller.enqueue(encoder.encode(got.value));
            next = events.next();
            next.catch(() => {});
            return;
          }
        } catch (error) {
          controller.enqueue(encoder.encode(options.failed(error)));
        }
        clearInterval(pinger);
        controller.close();
      },
      cancel: async () => {
        clearInterval(pinger);
        options.cancelled();
        await events.return(undefined).catch(() => {});
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, {
    headers: {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache, no-transform",
      // nginx buffers a proxied stream unless it is told not to.
      "x-accel-buffering": "no",
      ...headers,
    },
  });
}

/** Whether the promise gives its value in time; throws where it fails in time. */
function settlesWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(false), ms);
    promise.then(() => resolve(true), reject).finally(() => clearTimeout(timer));
  });
}
