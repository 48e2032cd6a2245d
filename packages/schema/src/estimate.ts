/** How a number came to be, best first. */
export type EstimateMethod = "measured" | "rehearsed" | "predicted";

/**
 * A number that was not read off, with its range: the true value lies within `low` and `high` in
 * a `coverage` share of cases (0 to 1). Every predicted number in this project is one.
 */
export interface Estimate {
  readonly low: number;
  readonly expected: number;
  readonly high: number;
  /** Share of cases that the range holds, 0 to 1. */
  readonly coverage: number;
  readonly method: EstimateMethod;
  /** Where its inputs were read: URLs, tool names, file names. */
  readonly sources: readonly string[];
}

/** A figure with the place where it was read. */
export interface SourcedNumber {
  readonly value: number;
  readonly source: string;
  /** True for a figure from memory that nobody has looked up. */
  readonly unverified?: boolean;
}
