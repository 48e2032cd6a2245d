import {
  type Account,
  type AccountCommand,
  type AccountOutcome,
  applyAccountCommand,
  accountIsEmpty,
  NO_ACCOUNT,
} from "./account.ts";

/** Where sessions are kept; each runtime has its own. Commands to one account come one after another. */
export interface SessionStore {
  command(account: string, command: AccountCommand, nowMs: number): Promise<AccountOutcome>;
  /** True the first time for a token's hash, false ever after, until it has expired by itself. */
  once(hash: string, untilMs: number, nowMs: number): Promise<boolean>;
}

/** Tokens that were seen, at most: an hour of logins of a busy router. */
const MOST_SEEN = 100_000;

/** Sessions in this process's memory, for a router that runs alone; a restart logs everybody out. */
export function createMemorySessions(): SessionStore {
  const accounts = new Map<string, Account>();
  const seen = new Map<string, number>();
  return {
    command: (key, command, nowMs) => {
      const before = accounts.get(key) ?? NO_ACCOUNT;
      const { account, outcome } = applyAccountCommand(before, command, nowMs);
      if (accountIsEmpty(account)) accounts.delete(key);
      else accounts.set(key, account);
      return Promise.resolve(outcome);
    },
    once: (hash, untilMs, nowMs) => {
      const known = seen.get(hash);
      if (known !== undefined && known > nowMs) return Promise.resolve(false);
      if (seen.size >= MOST_SEEN) {
        for (const [old, endMs] of seen) if (endMs <= nowMs) seen.delete(old);
      }
      // Full of tokens that are all still good: a login may wait, a replay may not pass.
      if (seen.size >= MOST_SEEN) return Promise.resolve(false);
      seen.set(hash, untilMs);
      return Promise.resolve(true);
    },
  };
}
