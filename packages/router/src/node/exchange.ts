import type { IncomingMessage, ServerResponse } from "node:http";
import { type FrameStream, joinFrames, PING } from "@qwq-fit/relay";

/**
 * The body's bytes, read from the socket's side without a web stream between; null where it passes `limit`.
 * Rejects where the caller went away.
 */
export function readIncoming(incoming: IncomingMessage, limit: number): Promise<Uint8Array | null> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    const settle = (): void => {
      incoming.off("data", take);
      incoming.off("end", end);
      incoming.off("error", reject);
      incoming.off("close", gone);
    };
    const take = (part: Buffer): void => {
      bytes += part.length;
      if (bytes <= limit) {
        parts.push(part);
        return;
      }
      settle();
      incoming.pause();
      resolve(null);
    };
    const end = (): void => {
      settle();
      const [only] = parts;
      resolve(parts.length === 1 && only !== undefined ? only : Buffer.concat(parts));
    };
    const gone = (): void => {
      settle();
      reject(new Error("the caller went away"));
    };
    incoming.on("data", take);
    incoming.on("end", end);
    incoming.on("error", reject);
    incoming.on("close", gone);
  });
}

/** Writes an answer. */
export async function writeAnswer(response: Response, outgoing: ServerResponse): Promise<void> {
  writeHead(response, outgoing);
  if (response.body === null) {
    outgoing.end();
    return;
  }
  const reader = response.body.getReader();
  await pump(outgoing, {
    next: async () => {
      const { done, value } = await reader.read();
      return done ? null : value;
    },
    stop: () => void reader.cancel().catch(() => undefined),
  });
}

/** A stream that was taken from where it comes. */
export interface TakenStream {
  readonly answer: FrameStream;
  readonly headers: Readonly<Record<string, string>>;
  readonly keepAliveMs: number;
}

/** Writes a stream from where it comes, with comments in silence. */
export async function writeFrames(
  response: Response,
  { answer, headers, keepAliveMs }: TakenStream,
  outgoing: ServerResponse,
): Promise<void> {
  const { frames, abandon } = answer;
  writeHead(response, outgoing, headers);
  let lastMs = performance.now();
  const ping = (): void => {
    const leftMs = lastMs + keepAliveMs - performance.now();
    // With unread bytes waiting, the reader is what is slow: nothing needs keeping open.
    if (leftMs <= 0 && !outgoing.writableNeedDrain) {
      outgoing.write(PING);
      lastMs = performance.now();
    }
    timer = setTimeout(ping, leftMs > 0 ? leftMs : keepAliveMs).unref();
  };
  let timer = setTimeout(ping, keepAliveMs).unref();
  try {
    await pump(outgoing, {
      next: async () => {
        const { done, value } = await frames.next();
        lastMs = performance.now();
        return done === true ? null : joinFrames(value);
      },
      stop: () => {
        abandon();
        void frames.return();
      },
    });
  } finally {
    clearTimeout(timer);
  }
}

function writeHead(
  { status, headers: given }: Response,
  outgoing: ServerResponse,
  own: Readonly<Record<string, string>> = {},
): void {
  const headers: Record<string, string> = { ...own };
  for (const [name, value] of given) headers[name] = value;
  outgoing.writeHead(status, headers);
}

interface Source {
  readonly next: () => Promise<Uint8Array | null>;
  readonly stop: () => void;
}

/** Writes pieces as they come, those of one turn of the event loop together, until the end or until the caller has gone. */
async function pump(outgoing: ServerResponse, { next, stop }: Source): Promise<void> {
  outgoing.on("close", stop);
  if (outgoing.destroyed) stop();
  try {
    for (;;) {
      const piece = await next();
      if (outgoing.destroyed) return;
      if (piece === null) {
        outgoing.off("close", stop);
        outgoing.end();
        return;
      }
      // The socket, not the message: `end` of a corked message writes its end before what it holds back.
      const { socket } = outgoing;
      if (socket?.writableCorked === 0) {
        socket.cork();
        setImmediate(() => socket.uncork());
      }
      if (!outgoing.write(piece)) await drained(outgoing);
    }
  } catch {
    // What was promised cannot be kept: the connection must not look like a clean end.
    outgoing.destroy();
  }
}

/** Resolves when more may be written, or nobody reads any more. */
function drained(outgoing: ServerResponse): Promise<void> {
  if (outgoing.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const settle = (): void => {
      outgoing.off("drain", settle);
      outgoing.off("close", settle);
      resolve();
    };
    outgoing.on("drain", settle);
    outgoing.on("close", settle);
  });
}
