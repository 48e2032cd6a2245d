/** Retries may be this share of requests, so that a failing fleet is not drowned in repeats. */
export const RETRY_SHARE = 0.2;
/** Retries that are always in hand, so that a quiet router can fail over at all. */
const RESERVE = 10;

/** A budget of retries over all requests of one router or client. */
export interface RetryBudget {
  /** Counts a request; earns a fraction of a retry. */
  request(): void;
  /** Takes one retry; false where none is left. */
  take(): boolean;
}

/** A fresh budget: 10 retries in hand, `share` of one more for each request, never more than 100 saved. */
export function createRetryBudget(share: number = RETRY_SHARE): RetryBudget {
  let tokens = RESERVE;
  return {
    request: () => {
      tokens = Math.min(100, tokens + share);
    },
    take: () => {
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}
