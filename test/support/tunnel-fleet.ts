import { readConfig } from "@qwq-fit/router";
import { openNodeTunnel, type RunningRouter, serveRouter } from "@qwq-fit/router/node";
import {
  type AgentOptions,
  createHttpNode,
  enrol,
  type Membership,
  type RunningAgent,
  startAgent,
} from "@qwq-fit/tunnel/node";

/** A router on Node that machines can join, on loopback. */
export interface TunnelRouter {
  readonly url: string;
  readonly running: RunningRouter;
  close(): Promise<void>;
}

/** Starts one; `change` is added to a configuration that serves everybody. */
export async function startTunnelRouter(
  change: Readonly<Record<string, unknown>> = {},
  options: { readonly file?: string; readonly silentMs?: number; readonly port?: number } = {},
): Promise<TunnelRouter> {
  const config = readConfig({ insecureDev: true, join: true, nodes: [], ...change });
  const { file = null, port = 0, ...rest } = options;
  const tunnel = await openNodeTunnel({ config, file, ...rest });
  const running = await serveRouter({
    config,
    host: "127.0.0.1",
    port,
    environment: { QWQ_PEPPER: "pepper" },
    log: () => undefined,
    extensions: (ports) => [tunnel.extension(ports)],
  });
  tunnel.listen(running.server, running.router.fleet);
  return {
    url: running.url,
    running,
    close: async () => {
      await Promise.all([tunnel.close(0), running.close(0)]);
    },
  };
}

/** A one-time code of a router. */
export async function inviteTo(url: string): Promise<string> {
  const response = await fetch(`${url}/v1/nodes/codes`, { method: "POST" });
  const value: unknown = await response.json();
  return String(Reflect.get(Object(value), "code"));
}

/** Joins a router with a server on loopback, in this process. */
export async function joinHere(
  url: string,
  baseUrl: string,
  name: string,
  options: Partial<AgentOptions> = {},
): Promise<{ readonly agent: RunningAgent; readonly membership: Membership }> {
  const membership = await enrol(url, await inviteTo(url), name);
  const agent = startAgent({
    membership,
    node: createHttpNode({ baseUrl, apiKey: null }),
    version: "test",
    ...options,
  });
  return { agent, membership };
}
