import { startWorkerd } from "@qwq-fit/router-worker/workerd";
import { startTunnelRouter } from "./tunnel-fleet.ts";

/** A router that machines can join, on one of the runtimes. */
export interface AnyTunnelRouter {
  readonly url: string;
  /** Ends the process that serves and starts it anew, at the same address. */
  restart(): Promise<void>;
  /** Puts the nodes' objects to sleep, where there are any: only while nothing runs. Their sockets stay. How many slept. */
  sleep(): Promise<number>;
  /** Breaks a node's object, where there is one, with all that runs in it. */
  reset(random: number): Promise<void>;
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
    sleep: async () => {
      const ids = await worker.objects("NodeObject");
      // One that is not in memory already cannot be taken out of it.
      const ends = await Promise.allSettled(ids.map((id) => worker.evict("NodeObject", id)));
      return ends.filter(({ status }) => status === "fulfilled").length;
    },
    reset: async (random) => {
      const ids = await worker.objects("NodeObject");
      const id = ids[Math.floor(random * ids.length)];
      if (id !== undefined) await worker.resetNode(id);
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
    sleep: () => Promise.resolve(0),
    reset: () => Promise.resolve(),
    close: () => running.close(),
  };
}
