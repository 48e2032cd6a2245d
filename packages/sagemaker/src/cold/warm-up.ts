import type { SageMakerPorts } from "../ports.ts";

/** What asking an endpoint showed: `cold`, no instance yet; anything else is for its callers to see. */
export type ProbeOutcome = "cold" | "answered";

/** Shared by everything that reaches one endpoint: whether it is starting, and who asks meanwhile. */
export interface WarmUp {
  /** Seconds to tell callers while the endpoint starts; null where it may be asked. */
  gate(): number | null;
  /** An answer said that there is no instance; returns the seconds to tell. */
  sawCold(): number;
  /** An answer came that only a running endpoint gives. */
  sawAnswer(): void;
}

export interface WarmUpSettings {
  readonly coldRetrySeconds: number;
  readonly coldProbeSeconds: number;
}

/** How long a probe may be under way before another may begin: a Worker's request can end with its probe unread. */
const LEASE_MS = 90_000;
/** Starts take minutes; after this nobody who still waits is left, and each probe keeps the endpoint awake. */
const PROBING_MS = 30 * 60_000;

/**
 * One endpoint that scales to zero. From the first cold answer on nobody is sent there: callers are told when to come
 * again and go elsewhere, and one probe at a time asks until the endpoint answers. A timer drives the probes; where
 * timers die with a request (Workers), the next caller at the gate begins one.
 */
export function createWarmUp(
  probe: () => Promise<ProbeOutcome>,
  settings: WarmUpSettings,
  ports: Pick<SageMakerPorts, "now" | "timer">,
): WarmUp {
  const everyMs = settings.coldProbeSeconds * 1000;
  let coldSinceMs: number | null = null;
  let nextProbeMs = 0;
  let leasedUntilMs = 0;

  const wake = (): void => {
    const nowMs = ports.now();
    if (coldSinceMs === null || nowMs < nextProbeMs || nowMs < leasedUntilMs) return;
    leasedUntilMs = nowMs + LEASE_MS;
    void probe().then(
      (outcome) => (outcome === "cold" ? again() : end()),
      // Unreachable is not cold: callers see for themselves.
      end,
    );
  };
  const again = (): void => {
    leasedUntilMs = 0;
    const nowMs = ports.now();
    nextProbeMs = nowMs + everyMs;
    if (coldSinceMs !== null && nowMs - coldSinceMs < PROBING_MS) ports.timer(everyMs, wake);
  };
  const end = (): void => {
    coldSinceMs = null;
    leasedUntilMs = 0;
  };
  return {
    gate: () => {
      if (coldSinceMs === null) return null;
      wake();
      return settings.coldRetrySeconds;
    },
    sawCold: () => {
      if (coldSinceMs === null) {
        coldSinceMs = ports.now();
        again();
      }
      return settings.coldRetrySeconds;
    },
    sawAnswer: end,
  };
}
