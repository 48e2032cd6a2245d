import { once } from "node:events";
import type { Server } from "node:http";
import { isIPv4, isIPv6 } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { QwqError } from "@qwq-fit/schema";

/** A bound HTTP server. */
export interface Listener {
  readonly baseUrl: string;
  /** Takes no more requests; those that run get `graceMs`, then their connections are cut. */
  close(graceMs: number): Promise<void>;
  /** Cuts all connections now. */
  cut(): void;
}

/** Whether an address is reached from this machine alone. */
export function isLoopbackAddress(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, "").toLowerCase();
  return name === "localhost" || name === "::1" || (isIPv4(name) && name.startsWith("127."));
}

/** Binds a fetch handler. @throws QwqError `network` where the address cannot be bound. */
export async function listen(
  fetch: (request: Request) => Response | Promise<Response>,
  host: string,
  port: number,
): Promise<Listener> {
  const hostname = host.replace(/^\[|\]$/g, "");
  const server = httpServer(fetch);
  try {
    server.listen(port, hostname);
    await once(server, "listening");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    throw new QwqError("network", `cannot listen on ${hostname}:${port} (${code})`, {
      cause: error,
      hint:
        code === "EADDRINUSE"
          ? "Another program has this port; pass another --port."
          : "Check --host.",
    });
  }
  const address = server.address();
  if (address === null || typeof address === "string") throw new QwqError("internal", "no port");
  // Bound to every address: this machine's own clients take the loopback one.
  const reached = { "0.0.0.0": "127.0.0.1", "::": "::1" }[hostname] ?? hostname;
  const shown = isIPv6(reached) ? `[${reached}]` : reached;
  return {
    baseUrl: `http://${shown}:${address.port}/v1`,
    cut: () => server.closeAllConnections(),
    close: async (graceMs) => {
      const closed = once(server, "close");
      server.close();
      server.closeIdleConnections();
      const cut = setTimeout(() => server.closeAllConnections(), graceMs);
      // A connection that was busy when we looked is idle, not closed, once its answer is out.
      const sweep = setInterval(() => server.closeIdleConnections(), 50);
      await closed;
      clearTimeout(cut);
      clearInterval(sweep);
    },
  };
}

function httpServer(fetch: (request: Request) => Response | Promise<Response>): Server {
  const server = createAdaptorServer({ fetch });
  if (!("closeAllConnections" in server)) {
    throw new QwqError("internal", "not an HTTP/1 server");
  }
  return server;
}
