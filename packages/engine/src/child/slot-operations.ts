import { performance } from "node:perf_hooks";
import type { SlotOperation } from "../scheduler/scheduler-types.ts";
import type { LoadedModel } from "./loaded-model.ts";

/**
 * Brings caches in place before a batch. Answers with the slots whose caches could not be kept: they are empty then. That
 * happens where a cache does not hold every position (a sliding window, a recurrent state), and where a copy fails.
 */
export async function applyOperations(
  { context }: LoadedModel,
  operations: readonly SlotOperation[],
  onCopied: (tokens: number, ms: number) => void,
): Promise<Set<number>> {
  const lost = new Set<number>();
  const lose = (slot: number): void => {
    context.disposeSequence(slot);
    lost.add(slot);
  };
  for (const operation of operations) {
    if (operation.kind === "trim") {
      const { slot, keep } = operation;
      if (!lost.has(slot) && !trim(context, slot, keep)) lose(slot);
      continue;
    }
    const { from, to, tokens } = operation;
    if (lost.has(from) || context.copySequenceStateFromOtherSequence === undefined) {
      lose(to);
      continue;
    }
    const began = performance.now();
    try {
      // Each works on what the one before left.
      // oxlint-disable-next-line no-await-in-loop
      await context.copySequenceStateFromOtherSequence(to, from);
      onCopied(tokens, performance.now() - began);
    } catch {
      lose(to);
    }
  }
  return lost;
}

/** Drops the cells from `keep` on. False where the rest is not whole: its first position is gone from the cache. */
function trim(context: LoadedModel["context"], slot: number, keep: number): boolean {
  if (keep === 0) {
    context.disposeSequence(slot);
    return true;
  }
  if (!context.removeTokenCellsFromSequence(slot, keep, -1)) return false;
  return context.getSequenceKvCacheMinPosition(slot) === 0;
}
