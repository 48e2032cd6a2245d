import type { Estimate } from "./estimate.ts";
import type { NodeCapabilities } from "./node.ts";
import type { PrivacyClass } from "./policy.ts";

/** What a router must know of a request; no text. */
export interface RequestShape {
  readonly model: string;
  readonly promptTokens: number;
  /** Expected tokens of thinking and answer, and the caller's cap. */
  readonly outputTokens: number;
  readonly maxOutputTokens: number | null;
  readonly stream: boolean;
  readonly api: "chat" | "completions" | "embeddings" | "responses" | "messages";
  readonly needs: readonly (keyof Omit<NodeCapabilities, "apis">)[];
  /** Keys of the prompt's prefixes, longest first, for cache affinity. */
  readonly prefixKeys: readonly string[];
}

/** Why a node is not among the ranked. */
export type RejectReason =
  | "model_not_served"
  | "context_too_long"
  | "privacy"
  | "region"
  | "capability"
  | "down"
  | "loading"
  | "breaker_open"
  | "saturated"
  | "too_expensive"
  | "too_slow"
  | "deadline";

export interface RankedNode {
  readonly node: string;
  readonly score: number;
  readonly timeToFirstTokenMs: Estimate;
  readonly timeToAnswerMs: Estimate;
  readonly costUsd: number;
  readonly reasons: readonly string[];
}

export interface RejectedNode {
  readonly node: string;
  readonly reason: RejectReason;
  readonly detail: string;
}

/** The answer of `selectNode`: the best node first, the rest are the fallbacks. */
export type RouteDecision =
  | {
      readonly kind: "route";
      readonly ranked: readonly RankedNode[];
      readonly rejected: readonly RejectedNode[];
    }
  | {
      readonly kind: "reject";
      /** The reason that would have to go for the nearest node to serve. */
      readonly reason: RejectReason | "no_nodes";
      readonly retryAfterMs: number | null;
      readonly rejected: readonly RejectedNode[];
    };

/** One try at one node. */
export interface Attempt {
  readonly node: string;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly outcome: "served" | "failed" | "cut" | "hedge-lost" | "aborted";
  /** An error code of ours; no inner text. */
  readonly reason: string | null;
}

/** What happened to one answer. Times in ms from the request's arrival. */
export interface Receipt {
  readonly schemaVersion: 1;
  readonly id: string;
  readonly model: string;
  readonly license: string | null;
  readonly fileSha256: string | null;
  readonly node: string;
  readonly privacy: PrivacyClass;
  readonly why: readonly string[];
  readonly attempts: readonly Attempt[];
  readonly predicted: {
    readonly timeToFirstTokenMs: Estimate | null;
    readonly timeToAnswerMs: Estimate | null;
    readonly costUsd: number | null;
  };
  readonly actual: {
    readonly timeToFirstTokenMs: number | null;
    readonly totalMs: number | null;
    readonly promptTokens: number | null;
    readonly outputTokens: number | null;
    readonly costUsd: number | null;
  };
  /** True where another node went on from a partial answer that it might have worded otherwise. */
  readonly continued: boolean;
}
