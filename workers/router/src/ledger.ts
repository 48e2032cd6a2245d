import { DurableObject } from "cloudflare:workers";
import {
  type BudgetLease,
  type BudgetRequest,
  type CallerLimits,
  grantLease,
  type LedgerAccount,
} from "@qwq-fit/router";

/** One caller's budget of the day, shared by all isolates. The arithmetic is the router's; this only keeps it. */
export class Ledger extends DurableObject<Env> {
  /** Grants a slice and settles what was spent of the holder's last one. */
  async lease(
    wanted: BudgetRequest,
    spent: { readonly tokens: number; readonly microUsd: number },
    limits: CallerLimits,
    nowMs: number,
  ): Promise<BudgetLease> {
    const before = await this.ctx.storage.get<LedgerAccount>("account");
    const { account, lease } = grantLease(before, wanted, spent, limits, nowMs);
    await this.ctx.storage.put("account", account);
    return lease;
  }
}
