import { soundBytes } from "../device/sizes.ts";
import { KiB, type MemoryProfile } from "@qwq-fit/schema";
import type { ProbePorts } from "../ports/probe-ports.ts";
import { probeMemoryGroups, type MemoryGroup } from "./cgroup.ts";

/** The lines of /proc/meminfo that count here, in bytes; null where a line is missing. */
export interface Meminfo {
  readonly totalBytes: number | null;
  readonly availableBytes: number | null;
  readonly swapTotalBytes: number;
  readonly swapFreeBytes: number;
}

/** Reads /proc/meminfo. Kernels before 3.14 have no MemAvailable: free, buffers and page cache stand in. */
export function parseMeminfo(text: string): Meminfo {
  const value = (key: string): number | null => {
    const match = new RegExp(`^${key}:\\s+(\\d{1,15}) kB`, "m").exec(text);
    return match === null ? null : soundBytes(Number(match[1]) * KiB);
  };
  const free = value("MemFree");
  const reclaimable = (value("Buffers") ?? 0) + (value("Cached") ?? 0);
  return {
    totalBytes: value("MemTotal"),
    availableBytes: value("MemAvailable") ?? (free === null ? null : free + reclaimable),
    swapTotalBytes: value("SwapTotal") ?? 0,
    swapFreeBytes: value("SwapFree") ?? 0,
  };
}

/** The tightest of machine and groups: as a ceiling, and for what is free now. */
export function limitMemory(
  machine: { readonly totalBytes: number; readonly availableBytes: number },
  groups: readonly MemoryGroup[],
): Pick<MemoryProfile, "availableBytes" | "limitBytes" | "limitSource"> {
  let { availableBytes } = machine;
  let limitBytes = machine.totalBytes;
  let limitSource = "machine";
  for (const group of groups) {
    availableBytes = Math.min(availableBytes, Math.max(0, group.limitBytes - group.heldBytes));
    if (group.limitBytes < limitBytes) ({ limitBytes, source: limitSource } = group);
  }
  return { availableBytes, limitBytes, limitSource };
}

/** Memory of a Linux machine, of its container or of its WSL virtual machine. */
export async function probeLinuxMemory(ports: ProbePorts): Promise<MemoryProfile> {
  const [text, groups] = await Promise.all([
    ports.readFile("/proc/meminfo"),
    probeMemoryGroups(ports),
  ]);
  const meminfo = parseMeminfo(text ?? "");
  const totalBytes = meminfo.totalBytes ?? ports.facts.totalBytes;
  const availableBytes = meminfo.availableBytes ?? ports.facts.freeBytes;
  return {
    totalBytes,
    ...limitMemory({ totalBytes, availableBytes }, groups),
    swapTotalBytes: meminfo.swapTotalBytes,
    swapFreeBytes: meminfo.swapFreeBytes,
  };
}
