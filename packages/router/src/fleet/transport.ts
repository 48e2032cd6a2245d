import type { Transport } from "@qwq-fit/relay";
import type { NodeConfig } from "../config/config.ts";
import type { RouterPorts } from "../ports.ts";

/**
 * How a node is reached: its configured URL and its own key, redirects not followed. The caller's key and
 * cookies are not passed on: `headers` of a call holds only what the router put there.
 */
export function nodeTransport(
  node: NodeConfig,
  ports: Pick<RouterPorts, "fetch" | "secret">,
): Transport {
  return async ({ path, body, headers, signal }) => {
    const key = node.keySecret === null ? undefined : ports.secret(node.keySecret);
    const response = await ports.fetch(node.url + path, {
      method: "POST",
      body: node.upstreamModel === null ? body : renamed(body, node.upstreamModel),
      headers: {
        ...headers,
        "content-type": "application/json",
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      },
      signal,
      redirect: "manual",
    });
    return response;
  };
}

/** The request with the node's own name for the model. */
function renamed(body: string, model: string): string {
  const value: unknown = JSON.parse(body);
  return JSON.stringify(typeof value === "object" && value !== null ? { ...value, model } : value);
}
