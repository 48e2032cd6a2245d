import type { BudgetLease, CallerLimits, RouterPorts } from "../ports.ts";

/** What a caller is told of its limits, as OpenAI's headers. */
export type LimitHeaders = Readonly<Record<string, string>>;

export type Admission =
  | { readonly ok: true; readonly headers: LimitHeaders; readonly done: (spent: Spent) => void }
  | {
      readonly ok: false;
      readonly reason: "requests" | "tokens" | "streams" | "day";
      readonly retryAfterMs: number;
      readonly headers: LimitHeaders;
    };

/** What one request used. */
export interface Spent {
  readonly tokens: number;
  readonly usd: number;
}

/**
 * Keeps callers to their limits. Requests and tokens a minute and streams are counted here, in this
 * process; days are spent from leases of the shared store. With N deciders a minute's limit can be passed by
 * N times, a day's by the slices that are out: see LEASE_SHARE. With the store down, callers that were
 * let in before are served within the minute's limits.
 */
export interface Limiter {
  admit(caller: string, limits: CallerLimits, tokens: number): Promise<Admission>;
}

interface Bucket {
  requests: number;
  tokens: number;
  atMs: number;
}

interface CallerState {
  bucket: Bucket;
  /** When the requests that run were admitted, oldest first. */
  readonly running: number[];
  lease: BudgetLease | null;
  leasedMs: number;
  spent: { tokens: number; microUsd: number };
}

/** A lease is at most this share of a day's budget; the overshoot is this times the deciders that hold one. */
export const LEASE_SHARE = 0.01;
const MINUTE_MS = 60_000;
/** A store that had nothing left is asked again after this. */
const ASK_AGAIN_MS = 1000;
/** A request that was not heard of for so long is taken as lost, as a torn-down isolate's is. */
const LOST_AFTER_MS = 30 * 60_000;
/** Callers remembered; the longest unseen is forgotten first. */
const MOST_CALLERS = 10_000;

function refill(bucket: Bucket, limits: CallerLimits, nowMs: number): void {
  const share = Math.max(0, nowMs - bucket.atMs) / MINUTE_MS;
  bucket.atMs = nowMs;
  const most = limits.requestsPerMinute ?? 0;
  bucket.requests = Math.min(most, bucket.requests + share * most);
  const mostTokens = limits.tokensPerMinute ?? 0;
  bucket.tokens = Math.min(mostTokens, bucket.tokens + share * mostTokens);
}

/** A limiter with fresh counters. */
export function createLimiter(ports: Pick<RouterPorts, "now" | "state" | "id">): Limiter {
  const callers = new Map<string, CallerState>();
  // Made at the first visit: a Worker may draw nothing while it starts.
  let holder = "";

  const stateOf = (caller: string, limits: CallerLimits, nowMs: number): CallerState => {
    const known = callers.get(caller);
    if (known !== undefined) {
      callers.delete(caller);
      callers.set(caller, known);
      return known;
    }
    const made: CallerState = {
      bucket: {
        requests: limits.requestsPerMinute ?? 0,
        tokens: limits.tokensPerMinute ?? 0,
        atMs: nowMs,
      },
      running: [],
      lease: null,
      leasedMs: 0,
      spent: { tokens: 0, microUsd: 0 },
    };
    callers.set(caller, made);
    if (callers.size > MOST_CALLERS) {
      const oldest = callers.keys().next().value;
      if (oldest !== undefined) callers.delete(oldest);
    }
    return made;
  };

  /** A lease that is still good, from memory or from the store; null with the store down. */
  const leaseFor = async (
    caller: string,
    state: CallerState,
    limits: CallerLimits,
    nowMs: number,
  ) => {
    const left = (state.lease?.tokens ?? 0) - state.spent.tokens;
    const leftUsd = (state.lease?.microUsd ?? 0) - state.spent.microUsd;
    const good =
      state.lease !== null &&
      state.lease.expiresMs > nowMs &&
      (limits.tokensPerDay === null || left > 0) &&
      (limits.usdPerDay === null || leftUsd > 0);
    // Neither is the store asked for each request of a caller whose budget is gone.
    const refused = state.lease !== null && isEmpty(state.lease, limits);
    if (good || (refused && nowMs - state.leasedMs < ASK_AGAIN_MS)) return state.lease;
    // Not shared between requests: a Worker may not await another request's I/O.
    return askStore(caller, state, limits, nowMs);
  };
  const askStore = async (
    caller: string,
    state: CallerState,
    limits: CallerLimits,
    nowMs: number,
  ) => {
    if (holder === "") holder = ports.id();
    const wanted = {
      caller,
      holder,
      tokens: Math.ceil((limits.tokensPerDay ?? 0) * LEASE_SHARE),
      microUsd: Math.ceil((limits.usdPerDay ?? 0) * 1e6 * LEASE_SHARE),
    };
    // Taken before the wait: another request that asks meanwhile must not settle the same again.
    const settled = state.spent;
    state.spent = { tokens: 0, microUsd: 0 };
    try {
      const lease = await ports.state.lease(wanted, settled, limits, nowMs);
      state.lease = lease;
      state.leasedMs = nowMs;
      return lease;
    } catch {
      state.spent = {
        tokens: state.spent.tokens + settled.tokens,
        microUsd: state.spent.microUsd + settled.microUsd,
      };
      return null;
    }
  };

  return {
    admit: async (caller, limits, tokens) => {
      const nowMs = ports.now();
      const state = stateOf(caller, limits, nowMs);
      const { bucket } = state;
      refill(bucket, limits, nowMs);
      const refuse = (
        reason: "requests" | "tokens" | "streams" | "day",
        retryAfterMs: number,
      ): Admission => ({
        ok: false,
        reason,
        retryAfterMs: Math.max(1000, retryAfterMs),
        headers: limitHeaders(limits, bucket),
      });
      if (limits.requestsPerMinute !== null && bucket.requests < 1) {
        return refuse("requests", ((1 - bucket.requests) / limits.requestsPerMinute) * MINUTE_MS);
      }
      if (
        limits.tokensPerMinute !== null &&
        bucket.tokens < Math.min(tokens, limits.tokensPerMinute)
      ) {
        return refuse("tokens", ((tokens - bucket.tokens) / limits.tokensPerMinute) * MINUTE_MS);
      }
      const { running } = state;
      while ((running[0] ?? Infinity) < nowMs - LOST_AFTER_MS) running.shift();
      if (limits.concurrentStreams !== null && running.length >= limits.concurrentStreams) {
        return refuse("streams", 1000);
      }
      // Taken before the store is asked, so that requests that wait for it cannot all pass together.
      bucket.requests -= 1;
      bucket.tokens -= tokens;
      running.push(nowMs);
      if (limits.tokensPerDay !== null || limits.usdPerDay !== null) {
        const lease = await leaseFor(caller, state, limits, nowMs);
        const empty = lease !== null && isEmpty(lease, limits);
        if (empty) {
          running.pop();
          bucket.requests += 1;
          bucket.tokens += tokens;
          return refuse("day", lease.retryAfterMs);
        }
      }
      let open = true;
      return {
        ok: true,
        headers: limitHeaders(limits, bucket),
        done: (spent) => {
          if (!open) return;
          open = false;
          running.shift();
          bucket.tokens += tokens - spent.tokens;
          state.spent.tokens += spent.tokens;
          state.spent.microUsd += Math.ceil(spent.usd * 1e6);
        },
      };
    },
  };
}

/** Whether the store had nothing to grant. */
function isEmpty(lease: BudgetLease, limits: CallerLimits): boolean {
  return (
    (limits.tokensPerDay !== null && lease.tokens <= 0) ||
    (limits.usdPerDay !== null && lease.microUsd <= 0)
  );
}

function limitHeaders(limits: CallerLimits, bucket: Bucket): LimitHeaders {
  const headers: Record<string, string> = {};
  const put = (kind: string, limit: number | null, left: number): void => {
    if (limit === null) return;
    headers[`x-ratelimit-limit-${kind}`] = String(limit);
    headers[`x-ratelimit-remaining-${kind}`] = String(Math.max(0, Math.floor(left)));
    const resetMs = ((limit - Math.max(0, left)) / limit) * MINUTE_MS;
    headers[`x-ratelimit-reset-${kind}`] = `${(resetMs / 1000).toFixed(3)}s`;
  };
  put("requests", limits.requestsPerMinute, bucket.requests);
  put("tokens", limits.tokensPerMinute, bucket.tokens);
  return headers;
}
