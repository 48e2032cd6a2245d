import { DurableObject } from "cloudflare:workers";
import {
  type Account,
  type AccountCommand,
  type AccountOutcome,
  applyAccountCommand,
  accountIsEmpty,
  NO_ACCOUNT,
  accountExpiryMs,
} from "@qwq-fit/router";

/** The sessions of one account, or the mark that one identity token was used. The rules are the router's. */
export class Session extends DurableObject<Env> {
  async command(command: AccountCommand, nowMs: number): Promise<AccountOutcome> {
    const before = (await this.ctx.storage.get<Account>("account")) ?? NO_ACCOUNT;
    const { account, outcome } = applyAccountCommand(before, command, nowMs);
    if (command.kind !== "look") await this.#keep(account);
    return outcome;
  }

  /** True the first time. */
  async once(untilMs: number): Promise<boolean> {
    if ((await this.ctx.storage.get("used")) !== undefined) return false;
    await this.ctx.storage.put("used", true);
    await this.ctx.storage.setAlarm(untilMs);
    return true;
  }

  /** Drops what has ended by itself. */
  override async alarm(): Promise<void> {
    const account = await this.ctx.storage.get<Account>("account");
    if (account === undefined) await this.ctx.storage.deleteAll();
    else await this.command({ kind: "revoke", family: "" }, Date.now());
  }

  async #keep(account: Account): Promise<void> {
    const nextMs = accountExpiryMs(account);
    if (accountIsEmpty(account) || nextMs === null) {
      await this.ctx.storage.deleteAll();
      return;
    }
    await this.ctx.storage.put("account", account);
    await this.ctx.storage.setAlarm(nextMs);
  }
}
