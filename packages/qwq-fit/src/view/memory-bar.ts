import type { DeviceMemory } from "@qwq-fit/schema";
import type { Colours } from "./terminal.ts";

/**
 * Memory of one device as a bar of `width` columns: weights █, KV cache ▓, the rest ▒, free ░. The whole bar is the
 * budget, or the need where that is greater.
 */
export function memoryBar(memory: DeviceMemory, width: number, colours: Colours): string {
  const whole = Math.max(memory.budgetBytes, memory.totalBytes, 1);
  const weights = memory.weightsBytes + memory.repackedBytes;
  const ends = [weights, weights + memory.kvCacheBytes, memory.totalBytes].map((bytes) =>
    Math.round((bytes / whole) * width),
  );
  const [a = 0, b = 0, c = 0] = ends;
  const over = memory.totalBytes > memory.budgetBytes;
  const paint = over ? colours.red : colours.green;
  const used = "█".repeat(a) + "▓".repeat(b - a) + "▒".repeat(c - b);
  return paint(used) + colours.dim("░".repeat(width - c));
}
