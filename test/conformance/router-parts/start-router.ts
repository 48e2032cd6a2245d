import { startWorkerd } from "@qwq-fit/router-worker/workerd";
import { readConfig } from "@qwq-fit/router";
import { serveRouter } from "@qwq-fit/router/node";

/** A router for a suite. */
export interface SuiteRouter {
  readonly url: string;
  close(): Promise<void>;
}

/** The router without keys before one node, on Node or in workerd. */
export async function startRouter(on: string, node: string): Promise<SuiteRouter> {
  const config = { insecureDev: true, logRequests: false, nodes: [{ name: "node", url: node }] };
  if (on === "workerd") {
    const options = { config, port: 0, host: "127.0.0.1", json: true, secrets: {} };
    return startWorkerd(options, () => undefined);
  }
  return serveRouter({
    config: readConfig(config),
    host: "127.0.0.1",
    port: 0,
    environment: {},
    log: () => undefined,
  });
}
