import type { Estimate } from "./estimate.ts";
import type { EngineName } from "./fit-plan.ts";
import type { PrivacyClass } from "./policy.ts";

/** How fast a node is for a prompt of this length at this concurrency. Served at `GET /v1/node`. */
export interface NodePerformance {
  readonly model: string;
  readonly promptTokens: number;
  readonly concurrency: number;
  readonly prefillTokensPerSecond: Estimate;
  readonly decodeTokensPerSecond: Estimate;
}

export interface NodeCapabilities {
  readonly tools: boolean;
  readonly jsonSchema: boolean;
  readonly vision: boolean;
  readonly embeddings: boolean;
  readonly logprobs: boolean;
  /** `continue_final_message` is honoured, also inside a thought. */
  readonly continuation: boolean;
  /** APIs that the node speaks itself. */
  readonly apis: readonly ("chat" | "completions" | "embeddings" | "responses" | "messages")[];
}

/** A model on a node. */
export interface NodeModel {
  readonly id: string;
  readonly aliases: readonly string[];
  readonly quantization: string | null;
  readonly contextTokens: number | null;
  readonly maxOutputTokens: number | null;
  /** USD per million tokens; null where running it costs nothing that is billed. */
  readonly inputUsdPerMillionTokens: number | null;
  readonly outputUsdPerMillionTokens: number | null;
}

/** What is configured about a node; does not change while it runs. */
export interface ServingNode {
  readonly name: string;
  readonly engine: EngineName | "openai-compatible" | "workers-ai" | "sagemaker";
  /** Base URL that ends before `/chat/completions`, or a transport's name. Never holds a secret. */
  readonly baseUrl: string;
  readonly privacy: PrivacyClass;
  readonly region: string | null;
  /** Empty: any model is tried. */
  readonly models: readonly NodeModel[];
  readonly slots: number;
  readonly capabilities: NodeCapabilities;
  readonly performance: readonly NodePerformance[];
}

export type NodeState = "serveable" | "loading" | "saturated" | "down" | "unknown";

/** A node as it was seen `ageMs` ago. */
export interface NodeSnapshot {
  readonly node: ServingNode;
  readonly state: NodeState;
  readonly ageMs: number;
  readonly inFlight: number;
  readonly queued: number;
  /** Prompt tokens waiting or running before a new request, where the node tells. */
  readonly queuedPromptTokens: number | null;
  readonly breaker: "closed" | "open" | "half-open";
  /** Earliest time at which an open breaker or a Retry-After ends, ms from now; 0 for now. */
  readonly retryAfterMs: number;
  /** Factors learnt from what passed: observed over believed; 1 is "as believed". */
  readonly learnt: {
    readonly prefillFactor: number;
    readonly decodeFactor: number;
    readonly overheadMs: number;
    readonly errorRate: number;
    readonly samples: number;
  };
  /** Prefix keys that are likely in this node's cache, with their lengths in tokens; null for none. */
  readonly prefixes: Readonly<Record<string, number>> | null;
  /** Power and network of the node, where it matters (a laptop, a phone). */
  readonly power: { readonly onBattery: boolean; readonly meteredNetwork: boolean } | null;
}
