import { linesOf } from "../device/lines.ts";

/** A Vulkan device's own heaps, from the full `vulkaninfo`. */
export interface VulkanMemory {
  readonly memoryBytes: number;
  /** By VK_EXT_memory_budget, where the driver has it. */
  readonly freeBytes: number | null;
}

/**
 * Sizes of the heaps marked DEVICE_LOCAL, summed for each "GPU<n>:" block. Heaps without the mark are the machine's own
 * memory, which some tools count in.
 */
export function parseVulkanMemory(text: string): ReadonlyMap<number, VulkanMemory> {
  const found = new Map<number, VulkanMemory>();
  let gpu: number | null = null;
  let heap: { size: number; budget: number | null; usage: number | null } | null = null;
  for (const line of linesOf(text)) {
    const header = /^\s*GPU(\d{1,3}):\s*$/.exec(line);
    if (header !== null) gpu = Number(header[1]);
    if (/^\s*memoryHeaps\[\d+\]:/.test(line)) heap = { size: 0, budget: null, usage: null };
    const pair = /^\s*(size|budget|usage)\s*=\s*(\d{1,16})\b/.exec(line);
    if (heap !== null && pair !== null) {
      heap[pair[1] === "size" || pair[1] === "budget" ? pair[1] : "usage"] = Number(pair[2]);
    }
    if (heap !== null && gpu !== null && line.includes("MEMORY_HEAP_DEVICE_LOCAL_BIT")) {
      const before = found.get(gpu) ?? { memoryBytes: 0, freeBytes: 0 };
      const free = heap.budget === null ? null : Math.max(0, heap.budget - (heap.usage ?? 0));
      found.set(gpu, {
        memoryBytes: before.memoryBytes + heap.size,
        freeBytes: free === null || before.freeBytes === null ? null : before.freeBytes + free,
      });
      heap = null;
    }
  }
  return found;
}
