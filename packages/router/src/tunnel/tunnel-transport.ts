import type { Transport } from "@qwq-fit/relay";
import type { TunnelRequest } from "@qwq-fit/tunnel";

const encoder = new TextEncoder();

/** A joined node as the relay sends to it. The agent knows paths below its server's root. */
export function tunnelTransport(send: (request: TunnelRequest) => Promise<Response>): Transport {
  return ({ path, body, headers, signal }) =>
    send({
      method: "POST",
      path: `/v1${path}`,
      headers: { ...headers, "content-type": "application/json" },
      body: encoder.encode(body),
      signal,
    });
}
