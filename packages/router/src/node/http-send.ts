import { Agent, type ClientRequest, type IncomingMessage, request as httpRequest } from "node:http";
import { Agent as TlsAgent, request as httpsRequest } from "node:https";
import type { UpstreamAnswer, UpstreamBody } from "@qwq-fit/relay";
import type { NodeRequest } from "../ports.ts";

/** Idle connections kept to one node. */
const IDLE_SOCKETS = 256;
/** Bytes of an answer that may wait unread before the node is made to wait. */
const UNREAD_BYTES = 64 * 1024;
/** Places that are remembered: a few paths for each node. */
const MOST_PLACES = 1000;

/** What a node answered, with all of its headers. */
export interface HttpAnswer extends UpstreamAnswer {
  readonly fields: IncomingMessage["headers"];
}

/** Sends text to an `http(s)` URL. */
export type HttpSend = (url: string, sent: NodeRequest) => Promise<HttpAnswer>;

/** A URL as `node:http` wants it. */
interface Place {
  readonly tls: boolean;
  readonly host: string;
  readonly hostname: string;
  readonly port: string;
  readonly path: string;
}

function placeOf(text: string): Place {
  const url = new URL(text);
  return {
    tls: url.protocol === "https:",
    host: url.host,
    // The brackets are the URL's, not the address's.
    hostname: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port,
    path: url.pathname + url.search,
  };
}

/**
 * Sends over `node:http`: text to an `http(s)` URL. Node's own fetch costs several times as much a request and gives
 * up on an answer that is silent for five minutes, which a long prefill may be. Redirects are never followed and
 * nothing is decompressed. Rejects for a network fault.
 */
export function createHttpSend(): HttpSend {
  const plain = new Agent({ keepAlive: true, maxFreeSockets: IDLE_SOCKETS });
  const tls = new TlsAgent({ keepAlive: true, maxFreeSockets: IDLE_SOCKETS });
  const places = new Map<string, Place>();
  const send = (place: Place, sent: NodeRequest, again: boolean): Promise<HttpAnswer> =>
    new Promise((resolve, reject) => {
      const { method, headers, body, signal } = sent;
      if (signal?.aborted === true) {
        reject(new Error("aborted"));
        return;
      }
      // A flat list goes out as it is: no header is looked at or kept a second time.
      const list: string[] = ["host", place.host];
      for (const name in headers) list.push(name, headers[name] ?? "");
      if (body !== undefined) list.push("content-length", String(Buffer.byteLength(body)));
      let request: ClientRequest;
      const stop = (): void => void request.destroy(new Error("aborted"));
      const settle = (): void => signal?.removeEventListener("abort", stop);
      const answered = (incoming: IncomingMessage): void => resolve(answerOf(incoming, settle));
      const { hostname, port, path } = place;
      const options = { hostname, port, path, method, headers: list };
      request = place.tls
        ? httpsRequest({ ...options, agent: tls }, answered)
        : httpRequest({ ...options, agent: plain }, answered);
      request.on("error", (error) => {
        settle();
        // The node closed an idle connection while the request was on its way: it has not seen it.
        const stale = request.reusedSocket && "code" in error && error.code === "ECONNRESET";
        if (stale && again && signal?.aborted !== true) {
          send(place, sent, false).then(resolve, reject);
        } else reject(error);
      });
      signal?.addEventListener("abort", stop, { once: true });
      request.end(body);
    });

  return (url, sent) => {
    let place = places.get(url);
    if (place === undefined) {
      if (places.size >= MOST_PLACES) places.clear();
      place = placeOf(url);
      places.set(url, place);
    }
    return send(place, sent, true);
  };
}

function answerOf(incoming: IncomingMessage, settle: () => void): HttpAnswer {
  const fields = incoming.headers;
  const body = bodyOf(incoming, settle);
  return {
    status: incoming.statusCode ?? 0,
    fields,
    headers: {
      get: (name) => {
        const value = fields[name.toLowerCase()];
        return value === undefined ? null : String(value);
      },
    },
    body,
    text: async () => {
      const reader = body.getReader();
      const parts: Uint8Array[] = [];
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return Buffer.concat(parts).toString("utf8");
        if (value !== undefined) parts.push(value);
      }
    },
  };
}

/** What is read of a stream, one piece at a time: all that came within one turn of the event loop. */
function bodyOf(incoming: IncomingMessage, settle: () => void): UpstreamBody {
  type Read = { done: boolean; value?: Uint8Array | undefined };
  let unread: Buffer[] = [];
  let unreadBytes = 0;
  let over: "no" | "ended" | "cut" | "cancelled" = "no";
  let waiting: { resolve: (read: Read) => void; reject: (error: Error) => void } | null = null;
  let waking = false;

  const take = (): Uint8Array => {
    const [only] = unread;
    const all = unread.length === 1 && only !== undefined ? only : Buffer.concat(unread);
    unread = [];
    if (unreadBytes > UNREAD_BYTES) incoming.resume();
    unreadBytes = 0;
    return all;
  };
  const answer = (reader: NonNullable<typeof waiting>): void => {
    if (unreadBytes > 0) reader.resolve({ done: false, value: take() });
    else if (over === "cut") reader.reject(new Error("the connection was cut"));
    else reader.resolve({ done: true });
  };
  const wake = (): void => {
    waking = false;
    const reader = waiting;
    if (reader === null) return;
    waiting = null;
    answer(reader);
  };
  const wakeSoon = (): void => {
    if (waiting === null || waking) return;
    waking = true;
    // Chunks that one packet brought are told one after the other, before this.
    process.nextTick(wake);
  };
  const finish = (how: "ended" | "cut"): void => {
    settle();
    if (over !== "no") return;
    over = how;
    wakeSoon();
  };
  incoming.on("data", (chunk: Buffer) => {
    if (over !== "no" || chunk.length === 0) return;
    unread.push(chunk);
    unreadBytes += chunk.length;
    if (unreadBytes > UNREAD_BYTES) incoming.pause();
    wakeSoon();
  });
  const cut = (): void => finish("cut");
  incoming.on("end", () => finish(incoming.complete ? "ended" : "cut"));
  incoming.on("error", cut);
  incoming.on("close", cut);

  const reader = {
    read: (): Promise<Read> =>
      new Promise((resolve, reject) => {
        if (unreadBytes > 0 || over !== "no") answer({ resolve, reject });
        else waiting = { resolve, reject };
      }),
    cancel: (): Promise<void> => {
      if (over === "no") {
        over = "cancelled";
        unread = [];
        unreadBytes = 0;
        settle();
        incoming.destroy();
        wakeSoon();
      }
      return Promise.resolve();
    },
  };
  return { getReader: () => reader };
}
