import type { AttemptReport, Transport } from "@qwq-fit/relay";
import { createNodeBook } from "@qwq-fit/routing";
import type { NodeSnapshot, ServingNode } from "@qwq-fit/schema";
import type { NodeConfig, RouterConfig } from "../config/config.ts";
import type { NodeLink, RegisteredNode, RouterExtension } from "../extension.ts";
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
  /** Asks the registries for nodes that came or left, then all nodes; resolves when all have answered or not. */
  probe(): Promise<void>;
  /** Asks the registries alone, and the nodes that they told of: cheap, where something is known to have changed. */
  meet(): Promise<void>;
  /** Leaves a node out of new choices until it is let in again; false where there is none of this name. */
  drain(name: string, on: boolean): boolean;
  /** Takes in a node that came by itself, or changes how it is reached; its history stays. */
  add(node: RegisteredNode): void;
  remove(name: string): void;
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

/** The node with what it told of itself; what was configured wins. */
function withProbe(config: NodeConfig, result: ProbeResult): ServingNode {
  const own = servingNode(config);
  return {
    ...own,
    models: own.models.length > 0 ? own.models : (result.models ?? []),
    performance: own.performance.length > 0 ? own.performance : (result.performance ?? []),
    capabilities: {
      ...own.capabilities,
      continuation: own.capabilities.continuation || result.continuation === true,
    },
  };
}

/** How each node is reached: an extension's way, Cloudflare's binding, or its URL. */
function linkOf(
  node: NodeConfig,
  ports: RouterPorts,
  extensions: readonly RouterExtension[],
): NodeLink {
  for (const extension of extensions) {
    const link = extension.link?.(node) ?? null;
    if (link !== null) return link;
  }
  return {
    transport:
      node.url === "" && ports.ai !== undefined
        ? workersAiTransport(ports.ai, node.upstreamModel)
        : nodeTransport(node, ports),
  };
}

/** A fleet of the configured nodes, none of them asked yet: all are tried. */
export function createFleet(
  { nodes: configs, breakerFailures }: Pick<RouterConfig, "nodes" | "breakerFailures">,
  ports: RouterPorts,
  extensions: readonly RouterExtension[] = [],
): Fleet {
  const book = createNodeBook(breakerFailures);
  const members = new Map<string, RegisteredNode>();
  const configured = new Set(configs.map((config) => config.name));
  const add = ({ config, link }: RegisteredNode): void => {
    if (!members.has(config.name)) book.put(servingNode(config), ports.monotonic());
    members.set(config.name, { config, link });
  };
  const remove = (name: string): void => {
    members.delete(name);
    book.remove(name);
  };
  for (const config of configs) add({ config, link: linkOf(config, ports, extensions) });

  /** Takes in the nodes that came and drops those that left; a registry that is down changes nothing. */
  const meet = async (nodes: NonNullable<RouterExtension["nodes"]>, known: Set<string>) => {
    const present = await nodes().catch(() => null);
    if (present === null) return;
    const names = new Set<string>();
    for (const one of present) {
      const { name } = one.config;
      if (configured.has(name)) continue;
      names.add(name);
      add(one);
    }
    for (const name of known) if (!names.has(name)) remove(name);
    known.clear();
    for (const name of names) known.add(name);
  };
  const registries = extensions.flatMap(({ nodes }) =>
    nodes === undefined ? [] : [{ nodes, known: new Set<string>() }],
  );

  const ask = async ({ config, link }: RegisteredNode): Promise<void> => {
    if (config.probe === "none" && link.probe === undefined) return;
    const result = await (link.probe?.() ?? probeNode(config, ports));
    if (!members.has(config.name)) return;
    const nowMs = ports.monotonic();
    book.put(withProbe(config, result), nowMs);
    book.saw(config.name, result, nowMs);
    if (result.power !== undefined) book.setPower(config.name, result.power);
  };

  return {
    snapshots: (model) => book.snapshots(ports.monotonic(), model),
    nodes: () => book.nodes(),
    transport: (name) => members.get(name)?.link.transport,
    started: (name) => book.started(name, ports.monotonic()),
    ended: (report) => book.ended(report, ports.monotonic(), ports.random()),
    remember: (name, prefixKeys, promptTokens) => book.remember(name, prefixKeys, promptTokens),
    drain: (name, on) => book.drain(name, on),
    add,
    remove,
    meet: async () => {
      await Promise.all(registries.map(({ nodes, known }) => meet(nodes, known)));
      const names = new Set(registries.flatMap(({ known }) => [...known]));
      await Promise.all(
        [...members.values()].filter(({ config }) => names.has(config.name)).map(ask),
      );
    },
    probe: async () => {
      await Promise.all(registries.map(({ nodes, known }) => meet(nodes, known)));
      await Promise.all([...members.values()].map(ask));
    },
  };
}
