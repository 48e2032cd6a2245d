import type { BudgetLease, StateStore } from "../ports.ts";

interface Account {
  day: number;
  /** Spent and leased out today. */
  tokens: number;
  microUsd: number;
  /** Leased to deciders and not yet settled. */
  outTokens: number;
  outMicroUsd: number;
}

const DAY_MS = 24 * 3600 * 1000;
/** A slice falls back when its decider has not come again by then. */
const LEASE_MS = 60_000;

/**
 * The store's arithmetic: what a caller may still spend today, less what is out in slices. Used as it is by
 * one process, and by the object that many share.
 */
export function createMemoryState(): StateStore {
  const accounts = new Map<string, Account>();
  return {
    lease: (wanted, spent, limits, nowMs) => {
      const day = Math.floor(nowMs / DAY_MS);
      let account = accounts.get(wanted.caller);
      if (account === undefined || account.day !== day) {
        account = { day, tokens: 0, microUsd: 0, outTokens: 0, outMicroUsd: 0 };
        accounts.set(wanted.caller, account);
      }
      account.tokens += spent.tokens;
      account.microUsd += spent.microUsd;
      account.outTokens = Math.max(0, account.outTokens - spent.tokens);
      account.outMicroUsd = Math.max(0, account.outMicroUsd - spent.microUsd);
      const leftTokens = (limits.tokensPerDay ?? Infinity) - account.tokens;
      const leftMicroUsd = (limits.usdPerDay ?? Infinity) * 1e6 - account.microUsd;
      const lease: BudgetLease = {
        tokens: Math.max(0, Math.min(wanted.tokens, leftTokens)),
        microUsd: Math.max(0, Math.min(wanted.microUsd, leftMicroUsd)),
        streams: 0,
        expiresMs: nowMs + LEASE_MS,
        retryAfterMs: (day + 1) * DAY_MS - nowMs,
      };
      account.outTokens += lease.tokens;
      account.outMicroUsd += lease.microUsd;
      return Promise.resolve(lease);
    },
  };
}
