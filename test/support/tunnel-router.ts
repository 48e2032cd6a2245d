import { startWorkerd } from "@qwq-fit/router-worker/workerd";
import { startTunnelRouter } from "./tunnel-fleet.ts";

/** A router that machines can join, on one of the runtimes. */
export interface AnyTunnelRouter {
  readonly url: string;
  /** Ends the process that serves and starts it anew, at the same address. */
  restart(): Promise<void>;
  /** Takes the nodes' objects out of memory, where there are any; their sockets sleep or are closed. */
  evict(webSockets: "hibernate" | "close"): Promise<void>;
  close(): Promise<void>;
}

/** Starts the router's bundle in workerd. */
export async function startWorkerTunnel(
  change: Readonly<Record<string, unknown>> = {},
): Promise<AnyTunnelRouter> {
  const config = { insecureDev: true, join: true, nodes: [], ...change };
  const options = { config, port: 0, host: "127.0.0.1", json: true, secrets: {} };
  const worker = await startWorkerd(options, () => undefined);
  return {
    url: worker.url,
    restart: () => worker.restart(),
    evict: async (webSockets) => {
      const ids = await worker.objects("NodeObject");
      await Promise.all(ids.map((id) => worker.evict("NodeObject", id, webSockets)));
    },
    close: () => worker.close(),
  };
}

/** Starts the router on Node, its registry in a file. */
export async function startNodeTunnel(
  file: string,
  change: Readonly<Record<string, unknown>> = {},
): Promise<AnyTunnelRouter> {
  let running = await startTunnelRouter(change, { file });
  const { url } = running;
  return {
    url,
    restart: async () => {
      await running.close();
      running = await startTunnelRouter(change, { file, port: Number(new URL(url).port) });
    },
    evict: () => Promise.resolve(),
    close: () => running.close(),
  };
}
