import type { RelayPorts } from "./ports.ts";

/** A limit on silence that costs no timer an event: it looks at the last sign of life when it fires. */
export interface Watchdog {
  /** A sign of life. */
  feed(): void;
  /** Another limit from now on. */
  limit(ms: number): void;
  stop(): void;
}

/** Calls `expired` once when nothing was fed for `ms`. */
export function createWatchdog(
  ports: Pick<RelayPorts, "now" | "timer">,
  ms: number,
  expired: () => void,
): Watchdog {
  let limitMs = ms;
  let last = ports.now();
  let cancel: (() => void) | null = null;
  let atMs = 0;
  const arm = (inMs: number): void => {
    atMs = ports.now() + inMs;
    cancel = ports.timer(inMs, () => {
      const left = last + limitMs - ports.now();
      if (left > 0) arm(left);
      else expired();
    });
  };
  arm(ms);
  return {
    feed: () => {
      last = ports.now();
    },
    limit: (next) => {
      limitMs = next;
      last = ports.now();
      // One that fires too early looks again.
      if (last + next >= atMs) return;
      cancel?.();
      arm(next);
    },
    stop: () => {
      cancel?.();
      cancel = null;
    },
  };
}
