import { Agent, request as httpRequest } from "node:http";
import type { LocalNode } from "../agent/local-node.ts";
import { type Json, parseObject } from "../json.ts";

/** The server beside the agent. */
export interface HttpNode {
  readonly local: LocalNode;
  /** A small JSON document of the server; null where it does not answer one. */
  json(path: string): Promise<Json | null>;
  close(): void;
}

export interface HttpNodeOptions {
  /** "http://127.0.0.1:8080/v1" or its origin: nothing else is ever called. */
  readonly baseUrl: string;
  /** The server's own key; the router does not see it. */
  readonly apiKey: string | null;
}

const ANSWER_MS = 5000;
const MOST_JSON_BYTES = 1024 * 1024;

/**
 * HTTP to one server, by its address as configured. Redirects are not followed, proxies of the environment are not
 * used: whatever the router asks for, nothing but this server is called.
 */
export function createHttpNode({ baseUrl, apiKey }: HttpNodeOptions): HttpNode {
  const { hostname, port } = new URL(baseUrl);
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 64 });
  const key = apiKey === null ? {} : { authorization: `Bearer ${apiKey}` };
  const host = hostname.replace(/^\[|\]$/g, "");
  const local: LocalNode = ({ method, path, headers, body }, listener) => {
    let over = false;
    const sent = httpRequest(
      {
        agent,
        host,
        port: port === "" ? 80 : Number(port),
        method,
        path,
        headers: {
          ...headers,
          ...key,
          ...(method === "POST" ? { "content-length": body.length } : {}),
        },
      },
      (incoming) => {
        if (over) return void incoming.destroy();
        const told = Object.entries(incoming.headers).flatMap(([name, value]) =>
          typeof value === "string" ? [[name, value] as const] : [],
        );
        listener.head(incoming.statusCode ?? 502, Object.fromEntries(told));
        incoming.on("data", (bytes: Uint8Array) => {
          if (!over) listener.data(bytes);
        });
        incoming.on("end", () => {
          if (over || !incoming.complete) return;
          over = true;
          listener.end();
        });
        incoming.on("error", fail);
        incoming.on("close", fail);
        exchange.pause = () => void incoming.pause();
        exchange.resume = () => void incoming.resume();
        return undefined;
      },
    );
    function fail(): void {
      if (over) return;
      over = true;
      listener.failed();
    }
    const exchange = {
      pause: (): void => undefined,
      resume: (): void => undefined,
      cancel: (): void => {
        over = true;
        sent.destroy();
      },
    };
    sent.on("error", fail);
    sent.setNoDelay(true);
    sent.end(method === "POST" ? body : undefined);
    return {
      pause: () => exchange.pause(),
      resume: () => exchange.resume(),
      cancel: () => exchange.cancel(),
    };
  };
  return {
    local,
    close: () => agent.destroy(),
    json: (path) =>
      new Promise((resolve) => {
        const parts: Uint8Array[] = [];
        let bytes = 0;
        let status = 0;
        const exchange = local(
          { method: "GET", path, headers: {}, body: new Uint8Array(0) },
          {
            head: (told) => {
              status = told;
            },
            data: (part) => {
              parts.push(part);
              bytes += part.length;
              if (bytes > MOST_JSON_BYTES) settle(null);
            },
            end: () =>
              settle(status === 200 || status === 503 ? parseObject(Buffer.concat(parts)) : null),
            failed: () => settle(null),
          },
        );
        const late = setTimeout(() => settle(null), ANSWER_MS);
        function settle(value: Json | null): void {
          clearTimeout(late);
          exchange.cancel();
          resolve(value);
        }
      }),
  };
}
