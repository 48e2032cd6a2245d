import type { AttemptReport, Transport } from "@qwq-fit/relay";
import { createNodeBook } from "@qwq-fit/routing";
import type { NodeModel, NodeSnapshot, ServingNode } from "@qwq-fit/schema";
import type { NodeConfig, RouterConfig } from "../config/config.ts";
import type { RouterPorts } from "../ports.ts";
import { probeNode, type ProbeResult } from "./probe.ts";
import { nodeTransport } from "./transport.ts";
import { workersAiTransport } from "./workers-ai.ts";

/** The nodes as this process sees them: configuration, probes, what passed. */
export interface Fleet {
  /** As a request for `model` sees them; without it, each node at its worst. */
  snapshots(model?: string): readonly NodeSnapshot[];
  nodes(): ReadonlyMap<string, ServingNode>;
  transport(name: string): Transport | undefined;
  started(name: string): void;
  ended(report: AttemptReport): void;
  remember(name: string, prefixKeys: readonly string[], promptTokens: number): void;
  /** Asks all nodes; resolves when all have answered or not. */
  probe(): Promise<void>;
  /** Leaves a node out of new choices until it is let in again; false where there is none of this name. */
  drain(name: string, on: boolean): boolean;
}

const servingNode = (config: NodeConfig): ServingNode => ({
  name: config.name,
  engine: config.engine,
  baseUrl: config.url,
  privacy: config.privacy,
  region: config.region,
  models: config.models,
  slots: config.slots,
  capabilities: config.capabilities,
  performance: config.performance,
});

/** A model of which only the name is known. */
const bareModel = (id: string): NodeModel => ({
  id,
  aliases: [],
  quantization: null,
  contextTokens: null,
  maxOutputTokens: null,
  inputUsdPerMillionTokens: null,
  outputUsdPerMillionTokens: null,
});

/** The node with what it told of itself; what was configured wins. */
function withProbe(config: NodeConfig, result: ProbeResult): ServingNode {
  const own = servingNode(config);
  return {
    ...own,
    models:
      own.models.length > 0 || result.models === null ? own.models : result.models.map(bareModel),
    performance: own.performance.length > 0 ? own.performance : (result.performance ?? []),
    capabilities: {
      ...own.capabilities,
      continuation: own.capabilities.continuation || result.continuation === true,
    },
  };
}

/** A fleet of the configured nodes, none of them asked yet: all are tried. */
export function createFleet(
  { nodes: configs, breakerFailures }: Pick<RouterConfig, "nodes" | "breakerFailures">,
  ports: RouterPorts,
  transports: (node: NodeConfig) => Transport = (node) =>
    node.url === "" && ports.ai !== undefined
      ? workersAiTransport(ports.ai, node.upstreamModel)
      : nodeTransport(node, ports),
): Fleet {
  const book = createNodeBook(breakerFailures);
  for (const config of configs) book.put(servingNode(config), ports.monotonic());
  const transportOf = new Map(configs.map((config) => [config.name, transports(config)]));
  return {
    snapshots: (model) => book.snapshots(ports.monotonic(), model),
    nodes: () => book.nodes(),
    transport: (name) => transportOf.get(name),
    started: (name) => book.started(name, ports.monotonic()),
    ended: (report) => book.ended(report, ports.monotonic(), ports.random()),
    remember: (name, prefixKeys, promptTokens) => book.remember(name, prefixKeys, promptTokens),
    drain: (name, on) => book.drain(name, on),
    probe: async () => {
      const asked = configs.filter((config) => config.probe !== "none");
      await Promise.all(
        asked.map(async (config) => {
          const result = await probeNode(config, ports);
          const nowMs = ports.monotonic();
          book.put(withProbe(config, result), nowMs);
          book.saw(config.name, result, nowMs);
        }),
      );
    },
  };
}
