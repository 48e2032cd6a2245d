import type { Transport, UpstreamAnswer } from "@qwq-fit/relay";
import type { LinkAnswer, TunnelRequest } from "@qwq-fit/tunnel";

const encoder = new TextEncoder();

/** A joined node as the relay sends to it. The agent knows paths below its server's root. */
export function tunnelTransport(
  send: (request: TunnelRequest) => Promise<UpstreamAnswer>,
): Transport {
  return ({ path, body, headers, signal }) =>
    send({
      method: "POST",
      path: `/v1${path}`,
      headers: { ...headers, "content-type": "application/json" },
      body: encoder.encode(body),
      signal,
    });
}

/** A node's answer as the relay reads it, without a `Response` around it. */
export function upstreamOf({ status, headers, body }: LinkAnswer): UpstreamAnswer {
  return {
    status,
    headers: { get: (name) => headers.get(name.toLowerCase()) ?? null },
    body: { getReader: () => body },
    text: async () => {
      const decoder = new TextDecoder();
      let text = "";
      for (;;) {
        const { done, value } = await body.read();
        if (done) return text + decoder.decode();
        text += decoder.decode(value, { stream: true });
      }
    },
  };
}
