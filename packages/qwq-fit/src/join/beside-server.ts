import type { RunningServer } from "@qwq-fit/engine";
import { QwqError } from "@qwq-fit/schema";
import type { RunningAgent } from "@qwq-fit/tunnel/node";
import type { CommandIo } from "../command-io.ts";
import { stateDirOf } from "../local/local-places.ts";
import type { Teller } from "../local/teller.ts";
import type { ServeOptions } from "../options/local-options.ts";
import { membershipOf, serveRouterFrom } from "./join-router.ts";
import { routerAddress } from "./router-address.ts";

/** What `serve` does beside serving. */
export interface Beside {
  /** Begins, once the server listens. */
  start(server: RunningServer): void;
  /** Ends what still runs; at once, since the server has stopped. */
  stop(): Promise<void>;
}

const NOTHING: Beside = { start: () => undefined, stop: () => Promise.resolve() };

/**
 * Joins the router that `serve --join` names, before a model is loaded for it.
 * @throws {QwqError} as `membershipOf`, `usage`
 */
export async function prepareBeside(
  options: ServeOptions,
  io: CommandIo,
  teller: Teller,
): Promise<Beside> {
  const { join: router, code = null, insecureHttp = false } = options;
  if (router === undefined) {
    if (code === null) return NOTHING;
    throw new QwqError("usage", "--code is for --join", { hint: "Pass --join ROUTER with it." });
  }
  const membership = await membershipOf({
    router: routerAddress(router, insecureHttp),
    code,
    name: options.nodeName ?? null,
    stateDir: stateDirOf(options.stateDir, io.environment),
  });
  const apiKey = options.apiKey ?? io.environment["QWQ_FIT_API_KEY"] ?? null;
  let running: RunningAgent | null = null;
  const drain = (): void => void running?.stop();
  return {
    start: ({ baseUrl }) => {
      const local = { baseUrl: onLoopback(baseUrl), apiKey: apiKey === "" ? null : apiKey };
      const { agent } = serveRouterFrom(membership, local, teller);
      running = agent;
      agent.ended.catch((error: unknown) => {
        const message = error instanceof Error ? error.message : "the router refuses this node";
        teller.event("refused", { router: membership.router, message }, message);
      });
      // The server lets running answers end at the same signal.
      process.on("SIGINT", drain);
      process.on("SIGTERM", drain);
    },
    stop: async () => {
      process.off("SIGINT", drain);
      process.off("SIGTERM", drain);
      await running?.stop(0);
    },
  };
}

/** A server that listens on all addresses is reached on this machine's own. */
function onLoopback(baseUrl: string): string {
  return baseUrl.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");
}
