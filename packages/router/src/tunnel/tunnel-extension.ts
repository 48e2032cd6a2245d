import type { Transport } from "@qwq-fit/relay";
import { QwqError } from "@qwq-fit/schema";
import type { NodeConfig, RouterConfig } from "../config/config.ts";
import { readNode } from "../config/parse-node.ts";
import { createFieldReader } from "../config/read.ts";
import type { RegisteredNode, RouterExtension } from "../extension.ts";
import type { ProbeResult } from "../fleet/probe.ts";
import type { RouterPorts } from "../ports.ts";
import { nodeRoutes } from "./node-routes.ts";
import type { JoinedNode, Registry } from "./registry.ts";

/** How the tunnel is kept and reached where this router runs. */
export interface TunnelPorts {
  readonly registry: Registry;
  /** Sends to a node that has joined, by its id; rejects where it is not connected. */
  readonly transport: (id: string) => Transport;
  readonly now: () => number;
  /** With it codes and certificates are made; see {@link tunnelSecret}. */
  readonly secret: string;
  /** Asked for after something was changed by hand. */
  readonly changed: () => void;
}

/** A node that was not heard of for so long is taken as gone, ms. */
export const STALE_MS = 90_000;

/**
 * What certificates and codes are made with: derived from the pepper, so that there is no secret more to keep. A
 * router that serves everybody has none, and lets everybody in.
 */
export function tunnelSecret(config: RouterConfig, ports: Pick<RouterPorts, "secret">): string {
  const pepper = ports.secret(config.pepperSecret) ?? "";
  if (pepper !== "") return `nodes:${pepper}`;
  if (config.insecureDev) return "nodes:insecure-dev";
  throw new QwqError("invalid_configuration", `the secret ${config.pepperSecret} is not set`);
}

/** Nodes that dial out to this router: routes to let them join, and the nodes that are connected. */
export function tunnelExtension(ports: TunnelPorts): RouterExtension {
  return {
    name: "tunnel",
    routes: (app, context) => nodeRoutes(app, context, ports),
    nodes: async () => {
      const nodes = await ports.registry.list();
      return nodes.flatMap((node) => {
        const config = configOf(node);
        return config === null ? [] : [registered(node, config, ports)];
      });
    },
  };
}

function registered(node: JoinedNode, config: NodeConfig, ports: TunnelPorts): RegisteredNode {
  return {
    config,
    link: {
      transport: ports.transport(node.id),
      probe: () => Promise.resolve(probeOf(node, ports.now())),
    },
  };
}

/** Whether a node can be sent requests, as far as the registry knows. */
export function statusOf(
  node: JoinedNode,
  nowMs: number,
): "connected" | "draining" | "stale" | "gone" {
  if (!node.connected) return "gone";
  if (nowMs - (node.seenMs ?? 0) > STALE_MS) return "stale";
  return node.drained ? "draining" : "connected";
}

/** What the registry knows, as a probe would tell it. */
function probeOf(node: JoinedNode, nowMs: number): ProbeResult {
  const load = node.hello?.load;
  const there = statusOf(node, nowMs) === "connected";
  return {
    state: there ? (load?.state ?? "unknown") : "down",
    queued: load?.queued ?? null,
    inFlight: load?.inFlight ?? null,
    models: null,
    performance: load?.performance ?? null,
    continuation: null,
    power: load?.power ?? null,
  };
}

/** The node as if it were configured; null before it has said what it is. */
function configOf({ id, name, hello }: JoinedNode): NodeConfig | null {
  if (hello === null) return null;
  // What is not told is as for a configured node.
  const usual = readNode(createFieldReader({ name, url: "http://tunnel.invalid" }, "", []));
  return {
    ...usual,
    engine: hello.engine,
    url: `tunnel:${id}`,
    privacy: "own-network",
    models: hello.models,
    slots: hello.slots,
    capabilities: hello.capabilities,
  };
}
