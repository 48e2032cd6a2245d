import {
  DEFAULT_POLICY,
  type Estimate,
  type NodePerformance,
  type NodeSnapshot,
  type ServingNode,
  type Policy,
  type RequestShape,
  type RouteDecision,
} from "@qwq-fit/schema";
import { NOTHING_LEARNT } from "./learn.ts";

const estimate = (expected: number): Estimate => ({
  low: expected * 0.8,
  expected,
  high: expected * 1.25,
  coverage: 0.8,
  method: "predicted",
  sources: [],
});

/** A belief for tests. */
export const speed = (
  prefill: number,
  decode: number,
  concurrency = 1,
  model = "qwq-32b",
): NodePerformance => ({
  model,
  promptTokens: 1024,
  concurrency,
  prefillTokensPerSecond: estimate(prefill),
  decodeTokensPerSecond: estimate(decode),
});

/** A snapshot for tests: serves qwq-32b, on the own network, idle and unlearnt, unless said otherwise. */
export function snapshotOf(
  name: string,
  node: Partial<ServingNode> = {},
  live: Partial<NodeSnapshot> = {},
): NodeSnapshot {
  return {
    node: {
      name,
      engine: "node-llama-cpp",
      baseUrl: `http://${name}.test/v1`,
      privacy: "own-network",
      region: null,
      models: [
        {
          id: "qwq-32b",
          aliases: ["Qwen/QwQ-32B"],
          quantization: "Q4_K_M",
          contextTokens: 32_768,
          maxOutputTokens: null,
          inputUsdPerMillionTokens: null,
          outputUsdPerMillionTokens: null,
        },
      ],
      slots: 1,
      capabilities: {
        tools: true,
        jsonSchema: true,
        vision: false,
        embeddings: false,
        logprobs: true,
        continuation: true,
        apis: ["chat"],
      },
      performance: [speed(400, 20)],
      ...node,
    },
    state: "serveable",
    ageMs: 0,
    inFlight: 0,
    queued: 0,
    queuedPromptTokens: null,
    breaker: "closed",
    retryAfterMs: 0,
    learnt: NOTHING_LEARNT,
    prefixes: null,
    power: null,
    ...live,
  };
}

/** A request for tests: 1,000 tokens in, 500 out. */
export const shape: RequestShape = {
  model: "qwq-32b",
  promptTokens: 1000,
  outputTokens: 500,
  maxOutputTokens: null,
  stream: true,
  api: "chat",
  needs: [],
  prefixKeys: [],
};
/** The policy of most tests. */
export const fastest: Policy = { ...DEFAULT_POLICY, objective: "fastest" };
/** Names in the decision's order, or its reason. */
export const names = (decision: RouteDecision): string[] =>
  decision.kind === "route"
    ? decision.ranked.map((one) => one.node)
    : [`reject: ${decision.reason}`];
/** A cloud at this price a million tokens. */
export const cloud = (usd: number): Partial<ServingNode> => ({
  privacy: "any",
  models: [
    {
      id: "qwq-32b",
      aliases: [],
      quantization: null,
      contextTokens: 131_072,
      maxOutputTokens: 8192,
      inputUsdPerMillionTokens: usd,
      outputUsdPerMillionTokens: usd,
    },
  ],
});
