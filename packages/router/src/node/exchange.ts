import type { IncomingMessage, ServerResponse } from "node:http";

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

/** Writes an answer; what comes within one turn of the event loop goes out in one piece. */
export async function writeAnswer(response: Response, outgoing: ServerResponse): Promise<void> {
  const headers: Record<string, string> = {};
  for (const [name, value] of response.headers) headers[name] = value;
  outgoing.writeHead(response.status, headers);
  if (response.body === null) {
    outgoing.end();
    return;
  }
  const reader = response.body.getReader();
  const gone = (): void => void reader.cancel().catch(() => undefined);
  outgoing.on("close", gone);
  if (outgoing.destroyed) gone();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (outgoing.destroyed) return;
      if (done) {
        outgoing.off("close", gone);
        outgoing.end();
        return;
      }
      // The socket, not the message: `end` of a corked message writes its end before what it holds back.
      const { socket } = outgoing;
      if (socket?.writableCorked === 0) {
        socket.cork();
        setImmediate(() => socket.uncork());
      }
      if (!outgoing.write(value)) await drained(outgoing);
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
