import type { Estimate, ServingNode } from "@qwq-fit/schema";
import type { SimulatedNode } from "@qwq-fit/simulation";

/** What a node costs, by how it is paid. */
export type NodePrice =
  | {
      readonly kind: "own";
      /** Null where nobody knows, or it is there anyway. */
      readonly hardwareUsd: number | null;
      readonly watts: number | null;
      readonly usdPerKwh: number;
      readonly years: number;
      readonly sources: readonly string[];
    }
  | { readonly kind: "rented"; readonly usdPerHour: number; readonly sources: readonly string[] }
  | {
      readonly kind: "tokens";
      readonly inputUsdPerMillionTokens: number;
      readonly outputUsdPerMillionTokens: number;
      readonly sources: readonly string[];
    };

/** Factors on a node's speeds: 1 is as expected, 2 twice as fast. */
export interface SpeedFactors {
  readonly prefill: number;
  readonly decode: number;
}

/** A node that could be bought, rented or asked: how it behaves at any speed within its range, and what it costs. */
export interface ReplayNode {
  /** As the option names it. */
  readonly label: string;
  /** Equal machines share it: what is not known of one is not known of the others either. */
  readonly kind: string;
  readonly simulated: (name: string, factors: SpeedFactors) => SimulatedNode;
  readonly serving: (name: string) => ServingNode;
  /** Relative ranges of the speeds, as estimates around 1. */
  readonly prefillRange: Estimate;
  readonly decodeRange: Estimate;
  readonly price: NodePrice;
  readonly about: NodeAbout;
}

/** What a report says of a node. */
export interface NodeAbout {
  readonly engine: string;
  readonly model: string;
  readonly quantization: string | null;
  readonly slots: number;
  readonly contextTokens: number | null;
  /** Tokens that all sequences together may hold, where the cache is paged. */
  readonly kvTokens: number | null;
  /** Of one sequence alone. */
  readonly decodeTokensPerSecond: Estimate;
  readonly prefillTokensPerSecond: Estimate;
  readonly coldStartMs: number | null;
  readonly notes: readonly string[];
}

/** The range of an estimate around 1. */
export function relative(estimate: Estimate): Estimate {
  const { low, expected, high } = estimate;
  if (!(expected > 0)) return { ...estimate, low: 1, expected: 1, high: 1 };
  return { ...estimate, low: low / expected, expected: 1, high: high / expected };
}
