/** How many tokens two sequences have in common at their start. */
export function commonPrefixTokens(a: readonly number[], b: readonly number[]): number {
  const limit = Math.min(a.length, b.length);
  let at = 0;
  while (at < limit && a[at] === b[at]) at++;
  return at;
}

/** A sequence of the context and what its cache holds. */
export interface Slot {
  readonly id: number;
  /** Tokens whose cells are in the cache, in order. */
  tokens: number[];
  /** Count of batches when it was last used; 0 for never. */
  usedAt: number;
  /** The stream that has it, or null. */
  stream: number | null;
}

/** Where a prompt goes, and what of the slot's or another slot's cache it takes. */
export interface Placement {
  readonly slot: number;
  readonly cachedTokens: number;
  /** The cache is copied from this slot first. */
  readonly copyFrom: number | null;
}

export interface PlacementCosts {
  readonly canCopy: boolean;
  /** Time to compute one prompt token, and to copy one cached token. */
  readonly prefillMsPerToken: number;
  readonly copyMsPerToken: number;
}

/**
 * The free slot for a prompt; null where none is free. At least the prompt's last token is computed: its logits are needed.
 *
 * A conversation that goes on takes its own slot back: the one with the longest common prefix, if that is at least half of
 * what the slot holds. Another caller who begins alike (a system prompt) takes the slot that was idle longest and, where it
 * is worth the time, a copy of the other's cache, so that both stay. Where caches cannot be copied, it takes the other's
 * slot if at least half of its prompt is there.
 */
export function choosePlacement(
  slots: readonly Slot[],
  prompt: readonly number[],
  costs: PlacementCosts,
): Placement | null {
  const useful = prompt.length - 1;
  const all = slots.map((slot) => ({
    slot,
    shared: Math.min(commonPrefixTokens(slot.tokens, prompt), useful),
  }));
  const free = all.filter(({ slot }) => slot.stream === null);
  const best = longest(free);
  const oldest = free.reduce<Candidate | null>(
    (found, candidate) => (found === null || isOlder(candidate, found) ? candidate : found),
    null,
  );
  if (best === null || oldest === null) return null;
  const goesOn = best.shared > 0 && best.shared * 2 >= best.slot.tokens.length;
  const target = goesOn ? best : oldest;
  const source = longest(all);
  if (costs.canCopy && source !== null && source.slot !== target.slot) {
    const savedMs = (source.shared - target.shared) * costs.prefillMsPerToken;
    if (savedMs > source.slot.tokens.length * costs.copyMsPerToken) {
      return { slot: target.slot.id, cachedTokens: source.shared, copyFrom: source.slot.id };
    }
  }
  const taken = !costs.canCopy && best.shared * 2 >= prompt.length ? best : target;
  return { slot: taken.slot.id, cachedTokens: taken.shared, copyFrom: null };
}

interface Candidate {
  readonly slot: Slot;
  readonly shared: number;
}

function longest(candidates: readonly Candidate[]): Candidate | null {
  return candidates.reduce<Candidate | null>(
    (found, candidate) => (found === null || candidate.shared > found.shared ? candidate : found),
    null,
  );
}

/** Empty slots first, then the one idle longest. */
function isOlder({ slot: a }: Candidate, { slot: b }: Candidate): boolean {
  if ((a.tokens.length === 0) !== (b.tokens.length === 0)) return a.tokens.length === 0;
  return a.usedAt < b.usedAt;
}
