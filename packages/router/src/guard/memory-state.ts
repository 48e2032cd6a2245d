import type { StateStore } from "../ports.ts";
import { grantLease, type LedgerAccount } from "./ledger.ts";

/** A store in this process's memory, for a router that runs alone. */
export function createMemoryState(): StateStore {
  const accounts = new Map<string, LedgerAccount>();
  return {
    lease: (wanted, spent, limits, nowMs) => {
      const { account, lease } = grantLease(
        accounts.get(wanted.caller),
        wanted,
        spent,
        limits,
        nowMs,
      );
      accounts.set(wanted.caller, account);
      return Promise.resolve(lease);
    },
  };
}
