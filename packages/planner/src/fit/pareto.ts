/** What plans are compared by. */
export interface Merits {
  /** Divergence from the published weights: less is better. */
  readonly kld: number;
  readonly tokensPerSecond: number;
  readonly contextTokens: number;
  /** Its engine comes with this project; any other one is an installation more. */
  readonly ownEngine: boolean;
  /** Its speed was measured or rehearsed here; a prediction is no reason to pass it over. */
  readonly measured: boolean;
}

/** Differences below these are no reason for a plan of its own: speed is never predicted that well. */
const small = { speed: 0.05, kld: 0.0002 } as const;
/** What another engine must do better than our own to be worth its installation. */
const worthInstalling = { speed: 0.2, kld: 0.004 } as const;

/**
 * Whether a plan makes another one needless: as good or better in quality, speed and context. A plan
 * for exactly the context that was asked for gives way only to another such: a larger one costs memory
 * that nobody asked for.
 */
export function covers(a: Merits, b: Merits, askedContext: number): boolean {
  if (b.measured && !a.measured) return false;
  const slack = a.ownEngine && !b.ownEngine ? worthInstalling : small;
  return (
    a.kld <= b.kld + slack.kld &&
    a.tokensPerSecond >= b.tokensPerSecond * (1 - slack.speed) &&
    (b.contextTokens === askedContext
      ? a.contextTokens === askedContext
      : a.contextTokens >= b.contextTokens)
  );
}
