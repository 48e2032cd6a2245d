import {
  type AttemptReport,
  type Breaker,
  breakerState,
  CLOSED,
  recordOutcome,
  type Transport,
} from "@qwq-fit/relay";
import { learn, NOTHING_LEARNT } from "@qwq-fit/routing";
import type { NodeModel, NodeSnapshot, NodeState, ServingNode } from "@qwq-fit/schema";
import type { NodeConfig, RouterConfig } from "../config/config.ts";
import type { RouterPorts } from "../ports.ts";
import { probeNode, type ProbeResult } from "./probe.ts";
import { nodeTransport } from "./transport.ts";

/** The nodes as this process sees them: configuration, probes, what passed. */
export interface Fleet {
  snapshots(): readonly NodeSnapshot[];
  readonly nodes: () => ReadonlyMap<string, ServingNode>;
  transport(name: string): Transport | undefined;
  started(name: string): void;
  ended(report: AttemptReport): void;
  /** Remembers that a prompt with these prefix keys was read by a node. */
  remember(name: string, prefixKeys: readonly string[], promptTokens: number): void;
  /** Asks all nodes; resolves when all have answered or not. */
  probe(): Promise<void>;
  /** Leaves a node out of new choices until it is let in again. */
  drain(name: string, on: boolean): boolean;
}

interface Live {
  readonly config: NodeConfig;
  readonly transport: Transport;
  node: ServingNode;
  state: NodeState;
  seenMs: number;
  inFlight: number;
  probedInFlight: number;
  queued: number;
  breaker: Breaker;
  busyUntilMs: number;
  learnt: NodeSnapshot["learnt"];
  learntMs: number;
  readonly prefixes: Map<string, number>;
  drained: boolean;
}

/** Prefix keys kept for a node: about the conversations that its cache could hold. */
const MOST_PREFIXES = 512;

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

/** A fleet of the configured nodes, none of them asked yet: all are tried. */
export function createFleet(
  { nodes: configs, breakerFailures }: Pick<RouterConfig, "nodes" | "breakerFailures">,
  ports: RouterPorts,
  transports: (node: NodeConfig) => Transport = (node) => nodeTransport(node, ports),
): Fleet {
  const fleet = new Map<string, Live>(
    configs.map((config) => [
      config.name,
      {
        config,
        transport: transports(config),
        node: servingNode(config),
        state: "unknown",
        seenMs: ports.monotonic(),
        inFlight: 0,
        probedInFlight: 0,
        queued: 0,
        breaker: CLOSED,
        busyUntilMs: 0,
        learnt: NOTHING_LEARNT,
        learntMs: ports.monotonic(),
        prefixes: new Map(),
        drained: false,
      },
    ]),
  );

  const take = (live: Live, result: ProbeResult): void => {
    live.state = result.state;
    live.seenMs = ports.monotonic();
    live.queued = result.queued ?? 0;
    live.probedInFlight = result.inFlight ?? 0;
    const { config } = live;
    // What was configured wins over what a node says of itself.
    const models =
      config.models.length > 0 || result.models === null
        ? config.models
        : result.models.map(bareModel);
    const performance =
      config.performance.length > 0
        ? config.performance
        : (result.performance ?? live.node.performance);
    const continuation = config.capabilities.continuation || result.continuation === true;
    live.node = {
      ...servingNode(config),
      models,
      performance,
      capabilities: { ...config.capabilities, continuation },
    };
  };

  return {
    snapshots: () => {
      const nowMs = ports.monotonic();
      return [...fleet.values()].map((live) => ({
        node: live.node,
        state: live.drained ? "down" : live.state,
        ageMs: nowMs - live.seenMs,
        inFlight: Math.max(live.inFlight, live.probedInFlight),
        queued: live.queued,
        queuedPromptTokens: null,
        breaker: breakerState(live.breaker, nowMs),
        retryAfterMs: Math.max(0, live.busyUntilMs - nowMs),
        learnt: live.learnt,
        prefixes: live.prefixes.size === 0 ? null : Object.fromEntries(live.prefixes),
        power: null,
      }));
    },
    nodes: () => new Map([...fleet].map(([name, live]) => [name, live.node])),
    transport: (name) => fleet.get(name)?.transport,
    started: (name) => {
      const live = fleet.get(name);
      if (live !== undefined) live.inFlight += 1;
    },
    ended: (report) => {
      const live = fleet.get(report.node);
      if (live === undefined) return;
      const nowMs = ports.monotonic();
      live.inFlight = Math.max(0, live.inFlight - 1);
      live.probedInFlight = Math.max(0, live.probedInFlight - 1);
      if (report.outcome === "busy") {
        if (report.code === "saturated") live.busyUntilMs = nowMs + (report.retryAfterMs ?? 1000);
        return;
      }
      if (report.outcome === "aborted" || report.outcome === "caller") return;
      const ok = report.outcome === "ok";
      live.breaker = recordOutcome(live.breaker, ok, nowMs, ports.random(), breakerFailures);
      if (ok) {
        live.busyUntilMs = 0;
        if (live.state !== "loading") live.state = "serveable";
        live.seenMs = nowMs;
      }
      live.learnt = learn(live.learnt, {
        ok,
        ...ratiosOf(live, report),
        sinceLastMs: nowMs - live.learntMs,
      });
      live.learntMs = nowMs;
    },
    remember: (name, prefixKeys, promptTokens) => {
      const prefixes = fleet.get(name)?.prefixes;
      const [longest] = prefixKeys;
      if (prefixes === undefined || longest === undefined) return;
      prefixes.delete(longest);
      prefixes.set(longest, promptTokens);
      if (prefixes.size > MOST_PREFIXES) {
        const oldest = prefixes.keys().next().value;
        if (oldest !== undefined) prefixes.delete(oldest);
      }
    },
    probe: async () => {
      const asked = [...fleet.values()].filter((live) => live.config.probe !== "none");
      await Promise.all(asked.map(async (live) => take(live, await probeNode(live.config, ports))));
    },
    drain: (name, on) => {
      const live = fleet.get(name);
      if (live === undefined) return false;
      live.drained = on;
      return true;
    },
  };
}

/** Observed over believed times, where both are known. */
function ratiosOf(
  live: Live,
  report: AttemptReport,
): { prefillRatio: number | null; decodeRatio: number | null; overheadMs: number | null } {
  const belief =
    live.node.performance.find((row) => row.model === report.model) ?? live.node.performance[0];
  const decode = belief?.decodeTokensPerSecond.expected ?? 20;
  const prefill = belief?.prefillTokensPerSecond.expected ?? 300;
  const { decodeMs, outputTokens, promptTokens, timeToFirstTokenMs } = report;
  return {
    decodeRatio:
      decodeMs !== null && outputTokens !== null && outputTokens > 8
        ? decodeMs / (((outputTokens - 1) * 1000) / decode)
        : null,
    prefillRatio:
      timeToFirstTokenMs !== null && promptTokens !== null && promptTokens > 64
        ? timeToFirstTokenMs / ((promptTokens * 1000) / prefill)
        : null,
    overheadMs: null,
  };
}
