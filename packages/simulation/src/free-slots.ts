/** Slots by number. A request takes the one that is idle longest (packages/engine/src/scheduler/prefix.ts, isOlder). */
export interface FreeSlots {
  take(): number;
  give(slot: number): void;
}

/** All of them free, and never used. */
export function createFreeSlots(count: number): FreeSlots {
  // In the order of their last use: the first is idle longest.
  const idle = Array.from({ length: count }, (_, slot) => slot);
  return {
    take: () => idle.shift() ?? 0,
    give: (slot) => void idle.push(slot),
  };
}
