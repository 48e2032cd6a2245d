import {
  createRetryBudget,
  DEFAULT_LIMITS,
  relay,
  type RelayCall,
  type RelayPorts,
} from "@qwq-fit/relay";
import { DEFAULT_POLICY, type Estimate, type ServingNode } from "@qwq-fit/schema";
import type { ScriptedNode } from "../support/scripted-node.ts";

const estimate = (expected: number): Estimate => ({
  low: expected,
  expected,
  high: expected,
  coverage: 0.8,
  method: "predicted",
  sources: [],
});

const servingNode = (name: string, baseUrl: string): ServingNode => ({
  name,
  engine: "openai-compatible",
  baseUrl,
  privacy: "own-network",
  region: null,
  models: [],
  slots: 1,
  capabilities: {
    tools: true,
    jsonSchema: true,
    vision: false,
    embeddings: false,
    logprobs: false,
    continuation: true,
    apis: ["chat"],
  },
  performance: [],
});

/** Ports over `fetch` and real timers, for nodes on loopback. */
export function loopbackPorts(
  nodes: readonly ScriptedNode[],
  seen: Partial<RelayPorts> = {},
): RelayPorts {
  let ids = 0;
  const budget = createRetryBudget();
  return {
    transport: (name) => {
      const node = nodes[Number(name)];
      if (node === undefined) return undefined;
      return ({ path, body, headers, signal }) =>
        fetch(node.baseUrl + path, { method: "POST", body, headers, signal, redirect: "manual" });
    },
    now: () => performance.now(),
    timer: (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    id: () => `r${ids++}`,
    mayRetry: () => budget.take() || true,
    ...seen,
  };
}

/** One chat request over the nodes, in their order; short limits, so that silence is found soon. */
export function chatCall(
  nodes: readonly ScriptedNode[],
  change: Partial<RelayCall> = {},
): RelayCall {
  return {
    api: "chat",
    body: {
      model: "scripted",
      stream: true,
      temperature: 0,
      messages: [{ role: "user", content: "hi" }],
    },
    headers: { "content-type": "application/json" },
    shape: {
      model: "scripted",
      promptTokens: 5,
      outputTokens: 50,
      maxOutputTokens: null,
      stream: true,
      api: "chat",
      needs: [],
      prefixKeys: [],
    },
    ranked: nodes.map((_, i) => ({
      node: String(i),
      score: i,
      timeToFirstTokenMs: estimate(20),
      timeToAnswerMs: estimate(50),
      costUsd: 0,
      reasons: [],
    })),
    nodes: new Map(nodes.map((node, i) => [String(i), servingNode(String(i), node.baseUrl)])),
    policy: DEFAULT_POLICY,
    mode: "error",
    limits: { ...DEFAULT_LIMITS, firstTokenMs: 250, idleMs: 250, headersMs: 250 },
    signal: new AbortController().signal,
    ...change,
  };
}

export { relay };
