import { WebSocket } from "ws";
import type { LocalNode } from "../agent/local-node.ts";
import { type AgentLimits, type AgentSession, createAgentSession } from "../agent/session.ts";
import { SUBPROTOCOL } from "../frames/frame.ts";
import type { Membership } from "./agent.ts";
import { deferred } from "./deferred.ts";
import { signNodeToken } from "./node-keys.ts";

/** A socket that stands, and what runs on it. */
export interface Connection {
  readonly session: AgentSession;
  /** Takes nothing new; resolves when what runs has ended and the socket is closed. */
  leave(): Promise<void>;
  cut(): void;
}

export type Dialled =
  | { readonly kind: "open"; readonly connection: Connection }
  | {
      readonly kind: "refused";
      readonly reason: string;
      readonly status: number | null;
      /** How far the router's clock is ahead of ours, where the answer tells and it matters. */
      readonly skewMs: number | null;
    };

export interface DialOptions {
  readonly membership: Membership;
  readonly nowMs: number;
  readonly local: LocalNode;
  readonly limits: AgentLimits;
  readonly pingMs: number;
  readonly onGoaway: () => void;
  readonly onClose: (connection: Connection, reason: string) => void;
}

const HANDSHAKE_MS = 15_000;
/** A message of the router: frames that were gathered, none of them larger than this. */
const MOST_MESSAGE_BYTES = 256 * 1024;

/** Where a node connects, at a router's address. */
export function connectUrl(router: string): string {
  return `${router.replace(/\/+$/, "").replace(/^http/, "ws")}/v1/nodes/connect`;
}

/** Opens one connection. Whatever happens is an outcome; nothing is thrown. */
export async function dial(options: DialOptions): Promise<Dialled> {
  const { membership, nowMs, pingMs } = options;
  const { certificate, keys, router } = membership;
  const audience = new URL(router).host;
  const token = await signNodeToken(keys, { certificate, audience, nowMs });
  const socket = new WebSocket(connectUrl(router), SUBPROTOCOL, {
    headers: { authorization: `Bearer ${token}` },
    perMessageDeflate: false,
    handshakeTimeout: HANDSHAKE_MS,
    maxPayload: MOST_MESSAGE_BYTES,
    followRedirects: false,
  });
  return new Promise((resolve) => {
    const refuse = (reason: string, status: number | null, skewMs: number | null = null): void =>
      resolve({ kind: "refused", reason, status, skewMs });
    socket.on("unexpected-response", (_, response) => {
      const status = response.statusCode ?? 0;
      const theirs = Date.parse(response.headers.date ?? "");
      const skewMs = status === 401 && !Number.isNaN(theirs) ? theirs - Date.now() : null;
      refuse(`the router answered ${status}`, status, skewMs);
      socket.terminate();
    });
    socket.on("error", (error) => refuse(`the router cannot be reached (${error.message})`, null));
    socket.once("open", () => {
      resolve({ kind: "open", connection: connectionOf(socket, options, pingMs) });
    });
  });
}

function connectionOf(socket: WebSocket, options: DialOptions, pingMs: number): Connection {
  const closed = deferred<void>();
  let leaving = false;
  let heard = true;
  const hangUp = (): void => {
    if (leaving && session.streams === 0) socket.close(1000, "left");
  };
  const session = createAgentSession({
    send: (message) => socket.send(message),
    close: (code, reason) => socket.close(code, reason),
    timer: (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    soon: (run) => void setImmediate(run),
    local: options.local,
    limits: options.limits,
    onGoaway: () => {
      leaving = true;
      options.onGoaway();
      hangUp();
    },
    onIdle: hangUp,
  });
  // A text, not a control frame: a Durable Object answers it without waking up.
  const pings = setInterval(() => {
    if (!heard) return socket.terminate();
    heard = false;
    socket.send("ping");
    return undefined;
  }, pingMs);
  const connection: Connection = {
    session,
    leave: async () => {
      leaving = true;
      session.drain();
      hangUp();
      await closed.promise;
    },
    cut: () => socket.terminate(),
  };
  socket.on("message", (data, isBinary) => {
    heard = true;
    if (!isBinary) return;
    if (data instanceof Uint8Array) session.receive(data);
    else socket.close(1003, "not bytes");
  });
  socket.on("close", (code, reason) => {
    clearInterval(pings);
    session.lost();
    closed.resolve();
    const why = reason.toString("utf8").slice(0, 100);
    options.onClose(connection, why === "" ? `closed (${code})` : why);
  });
  return connection;
}
