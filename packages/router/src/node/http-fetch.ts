import { Agent, type ClientRequest, type IncomingMessage, request as httpRequest } from "node:http";
import { Agent as TlsAgent, request as httpsRequest } from "node:https";

/** Idle connections kept to one node. */
const IDLE_SOCKETS = 256;
/** Bytes of an answer that may wait unread before the node is made to wait. */
const UNREAD_BYTES = 64 * 1024;

/** What is sent; a subset of `RequestInit` that the router needs. */
interface Sent {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * `fetch` over `node:http`, for what the router sends: text to an `http(s)` URL. Node's own fetch costs several
 * times as much a request and gives up on an answer that is silent for five minutes, which a long prefill may be.
 * Redirects are never followed and nothing is decompressed. Anything else is left to the global fetch.
 */
export function createHttpFetch(): typeof fetch {
  const plain = new Agent({ keepAlive: true, maxFreeSockets: IDLE_SOCKETS });
  const tls = new TlsAgent({ keepAlive: true, maxFreeSockets: IDLE_SOCKETS });
  const send = (url: URL, sent: Sent, again: boolean): Promise<Response> =>
    new Promise((resolve, reject) => {
      const { method, headers, body, signal } = sent;
      if (signal?.aborted === true) {
        reject(new Error("aborted"));
        return;
      }
      const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
      const options = { method, headers: { ...headers, ...length } };
      let request: ClientRequest;
      const stop = (): void => void request.destroy(new Error("aborted"));
      const settle = (): void => signal?.removeEventListener("abort", stop);
      const answered = (incoming: IncomingMessage): void => {
        // A status or a header that `Response` does not take is no answer.
        try {
          resolve(responseOf(incoming, settle));
        } catch (error) {
          incoming.destroy();
          settle();
          reject(error instanceof Error ? error : new Error("no answer"));
        }
      };
      request =
        url.protocol === "https:"
          ? httpsRequest(url, { ...options, agent: tls }, answered)
          : httpRequest(url, { ...options, agent: plain }, answered);
      request.on("error", (error) => {
        settle();
        // The node closed an idle connection while the request was on its way: it has not seen it.
        const stale = request.reusedSocket && "code" in error && error.code === "ECONNRESET";
        if (stale && again && signal?.aborted !== true) {
          send(url, sent, false).then(resolve, reject);
        } else reject(error);
      });
      signal?.addEventListener("abort", stop, { once: true });
      request.end(body);
    });

  return (input, init = {}) => {
    const { method = "GET", headers = {}, body, signal } = init;
    const text = body === undefined || body === null ? undefined : body;
    if (typeof input !== "string" || !isRecord(headers) || typeof (text ?? "") !== "string") {
      return fetch(input, init);
    }
    const sent: Sent = {
      method,
      headers,
      body: typeof text === "string" ? text : undefined,
      signal: signal ?? undefined,
    };
    return send(new URL(input), sent, true);
  };
}

const isRecord = (
  headers: NonNullable<RequestInit["headers"]>,
): headers is Record<string, string> => !Array.isArray(headers) && !(headers instanceof Headers);

/** Statuses that have no body. */
const BODILESS = new Set([204, 205, 304]);

function responseOf(incoming: IncomingMessage, settle: () => void): Response {
  const headers: [string, string][] = [];
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (typeof value === "string") headers.push([name, value]);
  }
  const status = incoming.statusCode ?? 0;
  if (BODILESS.has(status)) {
    incoming.resume();
    settle();
    return new Response(null, { status, headers });
  }
  let over = false;
  const body = new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        const cut = (): void => {
          settle();
          if (over) return;
          over = true;
          controller.error(new Error("the connection was cut"));
        };
        incoming.on("data", (chunk: Buffer) => {
          if (over) return;
          controller.enqueue(chunk);
          if ((controller.desiredSize ?? 0) <= 0) incoming.pause();
        });
        incoming.on("end", () => {
          settle();
          if (over || !incoming.complete) return;
          over = true;
          controller.close();
        });
        incoming.on("error", cut);
        incoming.on("close", cut);
      },
      pull: () => {
        incoming.resume();
      },
      cancel: () => {
        over = true;
        settle();
        incoming.destroy();
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: UNREAD_BYTES }),
  );
  return new Response(body, { status, headers });
}
