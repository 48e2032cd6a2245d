import type { Power } from "./service-rates.ts";

/** Whether a node is on, and how long it was. */
export interface PowerState {
  /** From when it can work; `nowMs` where it is on. Called for each request: switches it on where it is off. */
  wake(nowMs: number): number;
  /** Ms until it could work for a request that came now. */
  readyInMs(nowMs: number): number;
  /** It has run out of work, or got some. */
  idleFrom(nowMs: number): void;
  busyFrom(nowMs: number): void;
  /** Ms that it was on up to now, starting included. */
  onMs(nowMs: number): number;
  readonly coldStarts: number;
}

/** A node that is off at first where it has a `power`, else on for ever. */
export function createPowerState(power: Power | undefined): PowerState {
  if (power === undefined) {
    return {
      wake: (nowMs) => nowMs,
      readyInMs: () => 0,
      idleFrom: () => {},
      busyFrom: () => {},
      onMs: (nowMs) => nowMs,
      coldStarts: 0,
    };
  }
  const { coldStartMs, idleOffMs } = power;
  let onSince: number | null = null;
  let readyMs = 0;
  let idleSince: number | null = null;
  let sumMs = 0;
  let coldStarts = 0;
  const offAt = (): number => (idleSince === null ? Infinity : idleSince + idleOffMs);
  const isOff = (nowMs: number): boolean => onSince === null || offAt() < nowMs;
  return {
    wake: (nowMs) => {
      if (isOff(nowMs)) {
        if (onSince !== null) sumMs += offAt() - onSince;
        onSince = nowMs;
        readyMs = nowMs + coldStartMs;
        coldStarts++;
      }
      idleSince = null;
      return Math.max(readyMs, nowMs);
    },
    readyInMs: (nowMs) => (isOff(nowMs) ? coldStartMs : Math.max(0, readyMs - nowMs)),
    idleFrom: (nowMs) => {
      idleSince = nowMs;
    },
    busyFrom: () => {
      idleSince = null;
    },
    onMs: (nowMs) => sumMs + (onSince === null ? 0 : Math.min(nowMs, offAt()) - onSince),
    get coldStarts() {
      return coldStarts;
    },
  };
}
