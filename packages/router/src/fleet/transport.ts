import type { Transport, UpstreamAnswer } from "@qwq-fit/relay";
import type { NodeConfig } from "../config/config.ts";
import type { NodeRequest, RouterPorts } from "../ports.ts";

/**
 * How a node is reached: its configured URL and its own key, redirects not followed. The caller's key and
 * cookies are not passed on: `headers` of a call holds only what the router put there.
 */
export function nodeTransport(
  node: NodeConfig,
  ports: Pick<RouterPorts, "fetch" | "send" | "secret">,
): Transport {
  const send =
    ports.send ??
    ((url: string, request: NodeRequest): Promise<UpstreamAnswer> => {
      const { method, headers, body, signal } = request;
      return ports.fetch(url, {
        method,
        headers,
        ...(body === undefined ? {} : { body }),
        ...(signal === undefined ? {} : { signal }),
        redirect: "manual",
      });
    });
  return ({ path, body, headers, signal }) => {
    const key = node.keySecret === null ? undefined : ports.secret(node.keySecret);
    return send(node.url + path, {
      method: "POST",
      body: node.upstreamModel === null ? body : renamed(body, node.upstreamModel),
      headers: {
        ...headers,
        "content-type": "application/json",
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      },
      signal,
    });
  };
}

/** The request with the node's own name for the model. */
function renamed(body: string, model: string): string {
  const value: unknown = JSON.parse(body);
  return JSON.stringify(typeof value === "object" && value !== null ? { ...value, model } : value);
}
