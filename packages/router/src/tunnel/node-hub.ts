import { QwqError } from "@qwq-fit/schema";
import {
  createLink,
  type Link,
  type LinkAnswer,
  type NodeHello,
  type TunnelRequest,
} from "@qwq-fit/tunnel";

/** A socket of a node, as its runtime has it. */
export interface HubSocket {
  readonly send: (message: Uint8Array) => void;
  readonly close: (code: number, reason: string) => void;
}

/** What is known of a socket that outlived what served it. */
export interface Restored {
  readonly generation: number;
  readonly hello: NodeHello | null;
}

export interface HubPorts {
  /** Monotonic ms. */
  readonly now: () => number;
  readonly timer: (ms: number, run: () => void) => () => void;
  /** The node said something of itself, came or left. */
  readonly onChange: (socket: HubSocket | null) => void;
}

/** One node's connections. New requests go to the newest that is open; older ones end what they have. */
export interface NodeHub {
  attach(socket: HubSocket, restored?: Restored): void;
  receive(socket: HubSocket, message: Uint8Array): void;
  /** The socket is closed, or was not heard of for too long. */
  lost(socket: HubSocket): void;
  /** Rejects with a `QwqError`, `network` where the node is not connected. */
  request(request: TunnelRequest): Promise<LinkAnswer>;
  /** The node is to dial anew: this router goes away. */
  goaway(): void;
  /** Cuts all connections: the node was removed. */
  cut(reason: string): void;
  helloOf(socket: HubSocket): NodeHello | null;
  readonly hello: NodeHello | null;
  /** Whether a connection takes requests. */
  readonly open: boolean;
  readonly sockets: number;
  readonly streams: number;
}

/** Sockets of one node at a time: two while it hands over, one more while a dead one is not noticed. */
const MOST_SOCKETS = 3;
/** Longest that a request may run at a node: what nobody ends otherwise is ended then. */
const LONGEST_MS = 30 * 60_000;

const isOpen = (link: Link): boolean => link.open;

/** A hub without connections. */
export function createNodeHub(ports: HubPorts): NodeHub {
  const links = new Map<HubSocket, Link>();
  const newest = (): Link | undefined => [...links.values()].findLast((link) => link.open);

  const lost = (socket: HubSocket): void => {
    const link = links.get(socket);
    if (link === undefined) return;
    links.delete(socket);
    link.lost();
    ports.onChange(null);
  };
  const drop = (socket: HubSocket, code: number, reason: string): void => {
    socket.close(code, reason);
    lost(socket);
  };
  /** Hangs up what has nothing left to do and was replaced. */
  const tidy = (): void => {
    const current = newest();
    for (const [socket, link] of links) {
      if (link === current || link.streams > 0) continue;
      const replaced = current !== undefined && link.hello !== null;
      if (replaced && !isNewer(link, current)) drop(socket, 1000, "replaced");
    }
  };
  const isNewer = (one: Link, other: Link): boolean => {
    const order = [...links.values()];
    return order.indexOf(one) > order.indexOf(other);
  };

  return {
    attach: (socket, restored) => {
      for (const [oldest] of links) {
        if (links.size < MOST_SOCKETS) break;
        drop(oldest, 1008, "too many connections");
      }
      const link = createLink(
        {
          send: socket.send,
          close: (code, reason) => drop(socket, code, reason),
          now: ports.now,
          timer: ports.timer,
          onReport: () => {
            tidy();
            ports.onChange(socket);
          },
          onIdle: tidy,
        },
        restored?.generation ?? 0,
        restored?.hello ?? null,
      );
      links.set(socket, link);
    },
    receive: (socket, message) => {
      const link = links.get(socket);
      if (link === undefined) return;
      const wasOpen = isOpen(link);
      link.receive(message);
      if (wasOpen && !isOpen(link)) ports.onChange(null);
    },
    lost,
    request: async (request) => {
      const link = newest();
      if (link === undefined) throw new QwqError("network", "the node is not connected");
      const abort = new AbortController();
      const stop = (): void => abort.abort();
      if (request.signal.aborted) stop();
      request.signal.addEventListener("abort", stop, { once: true });
      const late = ports.timer(LONGEST_MS, stop);
      let over = false;
      const settle = (): void => {
        if (over) return;
        over = true;
        late();
        request.signal.removeEventListener("abort", stop);
        request.onOver?.();
      };
      try {
        return await link.request({ ...request, signal: abort.signal, onOver: settle });
      } catch (error) {
        settle();
        throw error;
      }
    },
    goaway: () => {
      for (const link of links.values()) link.goaway();
    },
    cut: (reason) => {
      for (const [socket] of links) drop(socket, 4410, reason);
    },
    helloOf: (socket) => links.get(socket)?.hello ?? null,
    get hello() {
      return newest()?.hello ?? null;
    },
    get open() {
      return newest() !== undefined;
    },
    get sockets() {
      return links.size;
    },
    get streams() {
      let sum = 0;
      for (const link of links.values()) sum += link.streams;
      return sum;
    },
  };
}
