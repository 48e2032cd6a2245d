/** A circuit breaker's memory; one for each node and model. Plain JSON, so that it can be stored. */
export interface Breaker {
  readonly failures: number;
  /** Ms on the caller's clock until which it is open; 0 when closed. */
  readonly openUntilMs: number;
  /** How often it opened in a row. */
  readonly openings: number;
}

/** A breaker that has seen nothing. */
export const CLOSED: Breaker = { failures: 0, openUntilMs: 0, openings: 0 };

/** Faults in a row that open it: one may be chance, two a coincidence. */
export const FAILURES_TO_OPEN = 3;
/** First opening; each further one in a row lasts twice as long, up to the longest. */
const FIRST_OPEN_MS = 2_000;
const LONGEST_OPEN_MS = 120_000;

/** Closed: use it. Open: do not. Half-open: one request may try it. */
export function breakerState(breaker: Breaker, nowMs: number): "closed" | "open" | "half-open" {
  if (breaker.openUntilMs === 0) return "closed";
  return nowMs < breaker.openUntilMs ? "open" : "half-open";
}

/**
 * The breaker after one more outcome. A success closes it; the third fault in a row, or one while half
 * open, opens it. `spread` in [0, 1) lengthens the pause by up to a quarter, so that many deciders do
 * not come back at once.
 */
export function recordOutcome(
  breaker: Breaker,
  ok: boolean,
  nowMs: number,
  spread = 0,
  failuresToOpen: number = FAILURES_TO_OPEN,
): Breaker {
  if (ok) return CLOSED;
  const state = breakerState(breaker, nowMs);
  if (state === "open") return breaker;
  const failures = breaker.failures + 1;
  if (state === "closed" && failures < failuresToOpen) return { ...breaker, failures };
  const pauseMs = Math.min(LONGEST_OPEN_MS, FIRST_OPEN_MS * 2 ** breaker.openings);
  return {
    failures,
    openUntilMs: nowMs + pauseMs * (1 + 0.25 * spread),
    openings: breaker.openings + 1,
  };
}
