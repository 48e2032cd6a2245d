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
  streams: number;
  lease: BudgetLease | null;
  spent: { tokens: number; microUsd: number };
}

/** A lease is at most this share of a day's budget; the overshoot is this times the deciders that hold one. */
export const LEASE_SHARE = 0.01;
const MINUTE_MS = 60_000;
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
      streams: 0,
      lease: null,
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
    if (good) return state.lease;
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
    const settled = state.spent;
    try {
      const lease = await ports.state.lease(wanted, settled, limits, nowMs);
      state.spent = {
        tokens: state.spent.tokens - settled.tokens,
        microUsd: state.spent.microUsd - settled.microUsd,
      };
      state.lease = lease;
      return lease;
    } catch {
      return null;
    }
  };

  return {
    admit: async (caller, limits, tokens) => {
      const nowMs = ports.now();
      const state = stateOf(caller, limits, nowMs);
      const { bucket } = state;
      refill(bucket, limits, nowMs);
      const headers = limitHeaders(limits, bucket);
      const refuse = (
        reason: "requests" | "tokens" | "streams" | "day",
        retryAfterMs: number,
      ): Admission => ({
        ok: false,
        reason,
        retryAfterMs: Math.max(1000, retryAfterMs),
        headers,
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
      if (limits.concurrentStreams !== null && state.streams >= limits.concurrentStreams) {
        return refuse("streams", 1000);
      }
      if (limits.tokensPerDay !== null || limits.usdPerDay !== null) {
        const lease = await leaseFor(caller, state, limits, nowMs);
        const empty =
          lease !== null &&
          ((limits.tokensPerDay !== null && lease.tokens <= 0) ||
            (limits.usdPerDay !== null && lease.microUsd <= 0));
        if (empty) return refuse("day", lease.retryAfterMs);
      }
      bucket.requests -= 1;
      bucket.tokens -= tokens;
      state.streams += 1;
      let open = true;
      return {
        ok: true,
        headers: limitHeaders(limits, bucket),
        done: (spent) => {
          if (!open) return;
          open = false;
          state.streams -= 1;
          bucket.tokens += tokens - spent.tokens;
          state.spent.tokens += spent.tokens;
          state.spent.microUsd += Math.ceil(spent.usd * 1e6);
        },
      };
    },
  };
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
