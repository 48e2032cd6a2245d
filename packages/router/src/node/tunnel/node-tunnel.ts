import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { QwqError } from "@qwq-fit/schema";
import { type NodeProof, SUBPROTOCOL } from "@qwq-fit/tunnel";
import { type WebSocket, WebSocketServer } from "ws";
import type { RouterConfig } from "../../config/config.ts";
import type { RouterExtension } from "../../extension.ts";
import type { Fleet } from "../../fleet/fleet.ts";
import type { RouterPorts } from "../../ports.ts";
import { checkDial, CONNECT_PATH } from "../../tunnel/check-dial.ts";
import { createNodeHub, type HubSocket, type NodeHub } from "../../tunnel/node-hub.ts";
import { tunnelExtension, tunnelSecret } from "../../tunnel/tunnel-extension.ts";
import { tunnelTransport, upstreamOf } from "../../tunnel/tunnel-transport.ts";
import { openFileRegistry } from "./file-registry.ts";

export interface NodeTunnelOptions {
  readonly config: RouterConfig;
  /** Where it is kept who has joined; null: in memory, for as long as the process lives. */
  readonly file: string | null;
  /** A socket that is silent for so long is cut, ms; the agent pings every 20 s. */
  readonly silentMs?: number;
}

/** Nodes that dial in, on Node: one process holds all their sockets. */
export interface NodeTunnel {
  extension(ports: RouterPorts): RouterExtension;
  /** Takes upgrades of a server that listens, and keeps its fleet told. */
  listen(server: Server, fleet: Fleet): void;
  /** Tells all nodes to dial anew, and hangs up when what runs has ended, at the latest after `graceMs`. */
  close(graceMs?: number): Promise<void>;
  readonly streams: () => number;
}

const SILENT_MS = 60_000;
const MOST_MESSAGE_BYTES = 1024 * 1024;

/** Opens the registry; nothing listens yet. @throws {QwqError} `invalid_configuration` */
export async function openNodeTunnel(options: NodeTunnelOptions): Promise<NodeTunnel> {
  const { config, file, silentMs = SILENT_MS } = options;
  const registry = await openFileRegistry(file);
  const hubs = new Map<string, NodeHub>();
  const sockets = new Set<WebSocket>();
  const acceptor = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MOST_MESSAGE_BYTES,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  let secret = "";
  let tellFleet: (() => void) | null = null;
  let closing = false;
  const streams = (): number => [...hubs.values()].reduce((sum, hub) => sum + hub.streams, 0);

  const hubOf = (id: string): NodeHub => {
    const known = hubs.get(id);
    if (known !== undefined) return known;
    const hub: NodeHub = createNodeHub({
      now: () => performance.now(),
      timer: (ms, run) => {
        const timer = setTimeout(run, ms);
        timer.unref();
        return () => clearTimeout(timer);
      },
      onChange: () => {
        registry.saw(id, { connected: hub.open, seenMs: Date.now(), hello: hub.hello });
        if (hub.sockets === 0 && hubs.get(id) === hub) hubs.delete(id);
        tellFleet?.();
      },
    });
    hubs.set(id, hub);
    return hub;
  };
  const admit = (id: string, socket: WebSocket): void => {
    const hub = hubOf(id);
    const hubSocket: HubSocket = {
      send: (message) => socket.send(message),
      close: (code, reason) => {
        socket.close(code, reason);
        // A node that does not answer the close is not waited for.
        setTimeout(() => socket.terminate(), 1000).unref();
      },
    };
    let heardMs = performance.now();
    let pingedMs = 0;
    const watch = setInterval(() => {
      if (performance.now() - heardMs > silentMs) socket.terminate();
    }, silentMs / 4);
    watch.unref();
    sockets.add(socket);
    hub.attach(hubSocket);
    socket.on("message", (data, isBinary) => {
      heardMs = performance.now();
      if (isBinary && data instanceof Uint8Array) hub.receive(hubSocket, data);
      else if (heardMs - pingedMs > 100) {
        pingedMs = heardMs;
        registry.saw(id, { seenMs: Date.now() });
        socket.send("pong");
      }
    });
    socket.on("error", () => socket.terminate());
    socket.on("close", () => {
      clearInterval(watch);
      sockets.delete(socket);
      hub.lost(hubSocket);
    });
  };
  /** Who dials, or the status that turns it away. */
  const check = async (request: IncomingMessage): Promise<NodeProof | number> => {
    const { authorization, host = "" } = request.headers;
    const proof = await checkDial(authorization, host, secret, Date.now());
    if (proof === null) return 401;
    const { node } = proof.certificate;
    if (!registry.has(node)) return 410;
    if (!(await registry.useToken(proof.id, proof.expiresMs))) return 401;
    // It may have been removed while that was kept.
    return registry.has(node) ? proof : 410;
  };
  const upgrade = async (request: IncomingMessage, raw: Duplex, head: Buffer): Promise<void> => {
    raw.on("error", () => raw.destroy());
    const known = request.url === CONNECT_PATH;
    const verdict = closing ? 503 : known ? await check(request).catch(() => 500) : 404;
    if (typeof verdict === "number") {
      const date = new Date().toUTCString();
      raw.end(
        `HTTP/1.1 ${verdict} Refused\r\ndate: ${date}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`,
      );
      return;
    }
    acceptor.handleUpgrade(request, raw, head, (socket) => admit(verdict.certificate.node, socket));
  };

  return {
    extension: (ports) => {
      secret = tunnelSecret(config, ports);
      return tunnelExtension({
        registry: {
          ...registry,
          remove: async (id) => {
            const removed = await registry.remove(id);
            hubs.get(id)?.cut("removed");
            return removed;
          },
        },
        transport: (id) =>
          tunnelTransport((request) => {
            const hub = hubs.get(id);
            if (hub !== undefined) return hub.request(request).then(upstreamOf);
            return Promise.reject(new QwqError("network", "the node is not connected"));
          }),
        now: () => Date.now(),
        secret,
        changed: () => tellFleet?.(),
      });
    },
    listen: (server, fleet) => {
      tellFleet = oneAtATime(() => fleet.meet());
      server.on("upgrade", (request, raw, head) => void upgrade(request, raw, head));
    },
    close: async (graceMs = 10_000) => {
      closing = true;
      for (const hub of hubs.values()) hub.goaway();
      const untilMs = performance.now() + graceMs;
      while (streams() > 0 && performance.now() < untilMs) {
        // oxlint-disable-next-line no-await-in-loop
        await new Promise((resolve) => void setTimeout(resolve, 20));
      }
      for (const socket of sockets) socket.terminate();
    },
    streams,
  };
}

/** Runs work now; what is asked for while it runs is run once more, behind it. */
function oneAtATime(work: () => Promise<void>): () => void {
  let running = false;
  let again = false;
  const run = async (): Promise<void> => {
    running = true;
    do {
      again = false;
      // oxlint-disable-next-line no-await-in-loop
      await work().catch(() => undefined);
    } while (again);
    running = false;
  };
  return () => {
    if (running) again = true;
    else void run();
  };
}
