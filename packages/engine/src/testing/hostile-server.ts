import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";

/** What a server does wrong with one answer. */
export type Mischief =
  | "none"
  /** Sends a part and ends the connection. */
  | "cut"
  /** Sends a part and then nothing. */
  | "stall"
  | "status-500"
  | "status-429"
  /** Another file from now on, with another tag. */
  | "change"
  /** Says a longer length than it sends. */
  | "long-length"
  /** Sends more than was asked for. */
  | "too-much"
  /** The range's header names another place. */
  | "wrong-range"
  /** Ignores the range and sends the whole. */
  | "whole"
  /** Flips a bit. */
  | "corrupt";

export interface HostileServer {
  readonly url: string;
  /** What is served now. */
  content(): Uint8Array;
  requests(): number;
  close(): Promise<void>;
}

/** A file server on loopback whose answers go wrong as `next` says, one after the other. */
export async function startHostileServer(
  first: Uint8Array,
  next: (request: number) => Mischief,
  changed: Uint8Array = first,
): Promise<HostileServer> {
  let content = first;
  let version = 1;
  let count = 0;
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const mischief = next(count++);
    if (mischief === "status-500" || mischief === "status-429") {
      response.writeHead(mischief === "status-500" ? 503 : 429, { "retry-after": "0" }).end();
      return;
    }
    if (mischief === "change") {
      content = changed;
      version++;
    }
    const range = /^bytes=(\d+)-(\d+)$/u.exec(request.headers.range ?? "");
    const ranged = range !== null && mischief !== "whole";
    const start = ranged ? Number(range[1]) : 0;
    const end = ranged ? Math.min(Number(range[2]) + 1, content.length) : content.length;
    if (start >= content.length && content.length > 0) {
      response.writeHead(416, { "content-range": `bytes */${content.length}` }).end();
      return;
    }
    let body = Buffer.from(content.subarray(start, end));
    if (mischief === "corrupt" && body.length > 0) {
      body = Buffer.from(body);
      body[body.length >> 1] = (body[body.length >> 1] ?? 0) ^ 1;
    }
    const shift = mischief === "wrong-range" ? 1 : 0;
    response.writeHead(ranged ? 206 : 200, {
      etag: `"v${version}"`,
      ...(mischief === "too-much"
        ? {}
        : { "content-length": body.length + (mischief === "long-length" ? 10 : 0) }),
      ...(ranged
        ? { "content-range": `bytes ${start + shift}-${end - 1 + shift}/${content.length}` }
        : {}),
    });
    if (mischief === "too-much") {
      response.end(Buffer.concat([body, Buffer.alloc(500, 7)]));
      return;
    }
    const half = body.subarray(0, Math.floor(body.length / 2));
    if (mischief === "stall") response.write(half);
    else if (mischief === "cut" || mischief === "long-length") {
      response.write(mischief === "cut" ? half : body, () => response.socket?.destroy());
    } else response.end(body);
  };
  const server = createServer(answer);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/model.gguf`,
    content: () => content,
    requests: () => count,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
