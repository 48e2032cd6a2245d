import type { FitPlan } from "./fit-plan.ts";
import type { NodeCapabilities, NodePerformance, NodeState, ServingNode } from "./node.ts";

/** What a server of ours says of itself at `GET /v1/node`. */
export interface NodeReport {
  readonly schemaVersion: 1;
  readonly node: ServingNode;
  /** As it is at this moment. */
  readonly state: {
    readonly status: NodeState;
    /** The engine's own word: "idle" is not loaded, and loaded by the next request. */
    readonly phase: "idle" | "loading" | "ready" | "saturated" | "failed" | "closed";
    readonly freeSlots: number;
    readonly inFlight: number;
    readonly queued: number;
    readonly queuedPromptTokens: number;
    /** Counts loads of the engine, one more after each crash. */
    readonly generation: number;
    readonly crashes: number;
    /** Measured by the engine since it was loaded; null before the first token. */
    readonly measured: {
      readonly prefillTokensPerSecond: number | null;
      readonly decodeTokensPerSecond: number | null;
    } | null;
    readonly lastFailure: string | null;
  };
  /** The node's, once more at the top for probes. */
  readonly capabilities: NodeCapabilities;
  readonly performance: readonly NodePerformance[];
  readonly model: {
    readonly license: string | null;
    readonly fileSha256: string | null;
    readonly thinks: "always" | "switchable" | "never";
  };
  /** What the engine was told when it loaded the model. */
  readonly settings: object | null;
  readonly plan: FitPlan | null;
}
