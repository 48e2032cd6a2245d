/** Where a request's text may go. Each class includes the ones before it. */
export type PrivacyClass = "device" | "own-network" | "region" | "any";

/** One language for client and router: what a caller wants of the choice of node. */
export interface Policy {
  readonly objective: "fastest" | "cheapest" | "balanced" | "prefer-local" | "prefer-cloud";
  /** A hard filter that fails closed. */
  readonly privacy: PrivacyClass;
  readonly limits: {
    readonly maxCostUsd: number | null;
    readonly timeToFirstTokenMs: number | null;
    readonly minTokensPerSecond: number | null;
    readonly deadlineMs: number | null;
  };
  /** Regions that `privacy: "region"` allows. */
  readonly regions: readonly string[];
  /** A second node may be asked when the first token is late. */
  readonly hedge: boolean;
}

/** The policy assumed where nothing is said. */
export const DEFAULT_POLICY: Policy = {
  objective: "balanced",
  privacy: "any",
  limits: {
    maxCostUsd: null,
    timeToFirstTokenMs: null,
    minTokensPerSecond: null,
    deadlineMs: null,
  },
  regions: [],
  hedge: false,
};
