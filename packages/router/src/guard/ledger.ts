import type { BudgetLease, BudgetRequest, CallerLimits } from "../ports.ts";

/** One caller's day: plain JSON, so that any store can keep it. */
export interface LedgerAccount {
  /** Days since 1970, UTC. */
  readonly day: number;
  readonly tokens: number;
  readonly microUsd: number;
  /** Slices that are out, by their holder. */
  readonly out: Readonly<Record<string, { tokens: number; microUsd: number; expiresMs: number }>>;
}

const DAY_MS = 24 * 3600 * 1000;
/** A slice falls back to the budget when its holder has not come again by then. */
const LEASE_MS = 60_000;

const left = (limit: number | null, used: number): number =>
  limit === null ? Number.MAX_SAFE_INTEGER : Math.max(0, limit - used);

/**
 * Grants a slice of what is left today: the limit less what was spent less what others hold. What a holder
 * reports as spent is settled against its last slice. Between visits a holder can pass its slice by the
 * requests it had running: that, times the holders, bounds the overshoot.
 */
export function grantLease(
  before: LedgerAccount | undefined,
  wanted: BudgetRequest,
  spent: { readonly tokens: number; readonly microUsd: number },
  limits: CallerLimits,
  nowMs: number,
): { readonly account: LedgerAccount; readonly lease: BudgetLease } {
  const day = Math.floor(nowMs / DAY_MS);
  const known = before?.day === day ? before : { day, tokens: 0, microUsd: 0, out: {} };
  const tokens = known.tokens + spent.tokens;
  const microUsd = known.microUsd + spent.microUsd;
  const others = Object.entries(known.out).filter(
    ([holder, slice]) => holder !== wanted.holder && slice.expiresMs > nowMs,
  );
  let outTokens = 0;
  let outMicroUsd = 0;
  for (const [, slice] of others) {
    outTokens += slice.tokens;
    outMicroUsd += slice.microUsd;
  }
  const slice = {
    tokens: Math.min(wanted.tokens, left(limits.tokensPerDay, tokens + outTokens)),
    microUsd: Math.min(
      wanted.microUsd,
      left(limits.usdPerDay === null ? null : limits.usdPerDay * 1e6, microUsd + outMicroUsd),
    ),
    expiresMs: nowMs + LEASE_MS,
  };
  return {
    account: {
      day,
      tokens,
      microUsd,
      out: { ...Object.fromEntries(others), [wanted.holder]: slice },
    },
    lease: { ...slice, retryAfterMs: (day + 1) * DAY_MS - nowMs },
  };
}
