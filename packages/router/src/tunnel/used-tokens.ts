/** A token that was used, and until when it would be good. */
export interface UsedToken {
  readonly id: string;
  readonly expiresMs: number;
}

/** Tokens that were used, so that each is good once. */
export interface UsedTokens {
  /** False where the token was used before. */
  use(id: string, expiresMs: number): boolean;
  /** Those that would still be good. */
  list(): UsedToken[];
}

/** Tokens kept at most; beyond that nothing is let in until the oldest are over. */
const MOST_TOKENS = 100_000;

/** A memory of used tokens; each is forgotten when it would not be good any more. */
export function createUsedTokens(now: () => number, known: readonly UsedToken[] = []): UsedTokens {
  const used = new Map<string, number>(known.map(({ id, expiresMs }) => [id, expiresMs]));
  return {
    list: () => {
      const nowMs = now();
      return [...used].flatMap(([id, expiresMs]) => (expiresMs > nowMs ? [{ id, expiresMs }] : []));
    },
    use: (id, expiresMs) => {
      const nowMs = now();
      for (const [old, overMs] of used) {
        if (overMs > nowMs) break;
        used.delete(old);
      }
      if (used.has(id) || used.size >= MOST_TOKENS) return false;
      used.set(id, expiresMs);
      return true;
    },
  };
}
