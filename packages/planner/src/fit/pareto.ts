/** What plans are compared by. */
export interface Merits {
  /** Divergence from the published weights: less is better. */
  readonly kld: number;
  readonly tokensPerSecond: number;
  readonly contextTokens: number;
}

/** Differences below these are no reason for a plan of its own: speed is never predicted that well. */
const tolerance = { speed: 0.03, kld: 0.0002 } as const;

const covers = (a: Merits, b: Merits, askedContext: number): boolean =>
  a.kld <= b.kld + tolerance.kld &&
  a.tokensPerSecond >= b.tokensPerSecond * (1 - tolerance.speed) &&
  (b.contextTokens === askedContext
    ? a.contextTokens === askedContext
    : a.contextTokens >= b.contextTokens);

/**
 * The Pareto front of quality, speed and context, in the order given, which is best first: of two that
 * are alike the first stays. A plan for exactly the context that was asked for is only dropped for
 * another such: a larger one costs memory that nobody asked for.
 */
export function paretoFront<T>(
  ranked: readonly T[],
  merits: (item: T) => Merits,
  askedContext: number,
): readonly T[] {
  const kept: { item: T; merits: Merits }[] = [];
  for (const item of ranked) {
    const own = merits(item);
    if (!kept.some((other) => covers(other.merits, own, askedContext))) {
      kept.push({ item, merits: own });
    }
  }
  return kept.map(({ item }) => item);
}
