/** What plans are compared by. */
export interface Merits {
  /** Divergence from the published weights: less is better. */
  readonly kld: number;
  readonly tokensPerSecond: number;
  readonly contextTokens: number;
}

/** Differences below these are no reason for a plan of its own: speed is never predicted that well. */
const tolerance = { speed: 0.03, kld: 0.0002 } as const;

/**
 * Whether a plan makes another one needless: as good or better in quality, speed and context. A plan
 * for exactly the context that was asked for gives way only to another such: a larger one costs memory
 * that nobody asked for.
 */
export const covers = (a: Merits, b: Merits, askedContext: number): boolean =>
  a.kld <= b.kld + tolerance.kld &&
  a.tokensPerSecond >= b.tokensPerSecond * (1 - tolerance.speed) &&
  (b.contextTokens === askedContext
    ? a.contextTokens === askedContext
    : a.contextTokens >= b.contextTokens);
