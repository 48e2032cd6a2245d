/** One session of one device: plain JSON, so that any store can keep it. */
export interface Family {
  readonly device: string;
  /** Name of the identity by which it began. */
  readonly identity: string;
  /** The refresh token that is good now, counted from 0. */
  readonly generation: number;
  readonly rotatedMs: number;
  readonly startedMs: number;
  readonly expiresMs: number;
}

/** Everything known of one account. */
export interface Account {
  readonly families: Readonly<Record<string, Family>>;
  /** When each device logged in last. */
  readonly devices: Readonly<Record<string, number>>;
}

/** What is asked of an account. */
export type AccountCommand =
  | {
      readonly kind: "login";
      readonly family: string;
      readonly device: string;
      readonly identity: string;
      readonly refreshMs: number;
      readonly mostDevices: number;
    }
  | {
      readonly kind: "refresh";
      readonly family: string;
      readonly generation: number;
      readonly graceMs: number;
      readonly refreshMs: number;
      readonly longestMs: number;
    }
  | { readonly kind: "look"; readonly family: string }
  | { readonly kind: "revoke"; readonly family: string }
  | { readonly kind: "revoke-all" };

export type AccountOutcome =
  | { readonly kind: "session"; readonly family: Family }
  /** There is no such session: it never was, has ended, or was revoked. */
  | { readonly kind: "none" }
  /** A token that was used before: somebody else has it. The session is over. */
  | { readonly kind: "reuse" }
  | { readonly kind: "too-many-devices" }
  | { readonly kind: "revoked"; readonly sessions: number };

export const NO_ACCOUNT: Account = { families: {}, devices: {} };

const DAY_MS = 24 * 3600 * 1000;

const without = (families: Account["families"], drop: (family: Family, id: string) => boolean) =>
  Object.fromEntries(Object.entries(families).filter(([id, family]) => !drop(family, id)));

/** Where nothing is kept any more. */
export const accountIsEmpty = ({ families, devices }: Account): boolean =>
  Object.keys(families).length + Object.keys(devices).length === 0;

/** When something of the account is to be dropped next, epoch ms; null where nothing is kept. */
export function accountExpiryMs({ families, devices }: Account): number | null {
  const times = [
    ...Object.values(families).map((family) => family.expiresMs),
    ...Object.values(devices).map((lastMs) => lastMs + DAY_MS),
  ];
  return times.length === 0 ? null : Math.min(...times);
}

/** The account without what has ended by itself. */
export function prune(account: Account, nowMs: number): Account {
  return {
    families: without(account.families, (family) => family.expiresMs <= nowMs),
    devices: Object.fromEntries(
      Object.entries(account.devices).filter(([, lastMs]) => lastMs + DAY_MS > nowMs),
    ),
  };
}

/**
 * What a command makes of an account. A device has one session: a new login ends the one before. A refresh token
 * is good once; the one before it may be repeated for a moment and then brings the same answer (its first answer
 * may have been lost on the way); any older one, or later, ends the whole session.
 */
export function applyAccountCommand(
  before: Account,
  command: AccountCommand,
  nowMs: number,
): { readonly account: Account; readonly outcome: AccountOutcome } {
  const account = prune(before, nowMs);
  if (command.kind === "revoke-all") {
    const sessions = Object.keys(account.families).length;
    return { account: { ...account, families: {} }, outcome: { kind: "revoked", sessions } };
  }
  if (command.kind === "login") return login(account, command, nowMs);
  const { family: id } = command;
  const family = Object.hasOwn(account.families, id) ? account.families[id] : undefined;
  if (family === undefined) return { account, outcome: { kind: "none" } };
  const ended = { ...account, families: without(account.families, (_, other) => other === id) };
  switch (command.kind) {
    case "look":
      return { account, outcome: { kind: "session", family } };
    case "revoke":
      return { account: ended, outcome: { kind: "revoked", sessions: 1 } };
    case "refresh": {
      const { generation, graceMs, refreshMs, longestMs } = command;
      const repeated =
        generation === family.generation - 1 && nowMs - family.rotatedMs <= graceMs && graceMs > 0;
      if (repeated) return { account, outcome: { kind: "session", family } };
      if (generation !== family.generation) return { account: ended, outcome: { kind: "reuse" } };
      const next: Family = {
        ...family,
        generation: generation + 1,
        rotatedMs: nowMs,
        expiresMs: Math.min(nowMs + refreshMs, family.startedMs + longestMs),
      };
      return {
        account: { ...account, families: { ...account.families, [id]: next } },
        outcome: { kind: "session", family: next },
      };
    }
  }
}

function login(
  account: Account,
  command: AccountCommand & { readonly kind: "login" },
  nowMs: number,
): { readonly account: Account; readonly outcome: AccountOutcome } {
  const { device, identity, refreshMs, mostDevices } = command;
  const known = Object.hasOwn(account.devices, device);
  if (!known && Object.keys(account.devices).length >= mostDevices) {
    return { account, outcome: { kind: "too-many-devices" } };
  }
  const family: Family = {
    device,
    identity,
    generation: 0,
    rotatedMs: nowMs,
    startedMs: nowMs,
    expiresMs: nowMs + refreshMs,
  };
  return {
    account: {
      families: {
        ...without(account.families, (other) => other.device === device),
        [command.family]: family,
      },
      devices: { ...account.devices, [device]: nowMs },
    },
    outcome: { kind: "session", family },
  };
}
