import type { MemoryProfile } from "@qwq-fit/schema";
import { parseSize } from "../device/sizes.ts";
import type { ProbePorts } from "../ports/probe-ports.ts";
import { probeSysctl, sysctlNumber } from "./sysctl.ts";

/**
 * Bytes that a Mac gives without swapping: free, speculative and inactive pages of `vm_stat` (it counts speculative
 * pages apart from free ones). Null where the text is no `vm_stat`.
 */
export function parseVmStat(text: string): number | null {
  const pageBytes = Number(/page size of (\d{4,6}) bytes/.exec(text)?.[1] ?? NaN);
  const pages = (name: string): number =>
    Number(new RegExp(`^Pages ${name}:\\s+(\\d{1,12})\\.`, "m").exec(text)?.[1] ?? 0);
  if (Number.isNaN(pageBytes)) return null;
  return pageBytes * (pages("free") + pages("speculative") + pages("inactive"));
}

/** "total = 2048.00M  used = 1536.25M  free = 511.75M  (encrypted)". */
export function parseSwapUsage(text: string): { totalBytes: number; freeBytes: number } {
  const value = (name: string): number =>
    parseSize(new RegExp(`${name} = ([\\d.]{1,20}[KMGT])`).exec(text)?.[1] ?? "") ?? 0;
  return { totalBytes: value("total"), freeBytes: value("free") };
}

/** Memory of a Mac. */
export async function probeDarwinMemory(ports: ProbePorts): Promise<MemoryProfile> {
  const [values, vmStat] = await Promise.all([probeSysctl(ports), ports.run("vm_stat", [])]);
  const totalBytes = sysctlNumber(values, "hw.memsize") ?? ports.facts.totalBytes;
  const available = vmStat.kind === "ended" ? parseVmStat(vmStat.stdout) : null;
  const swap = parseSwapUsage(values.get("vm.swapusage") ?? "");
  return {
    totalBytes,
    availableBytes: Math.min(totalBytes, available ?? ports.facts.freeBytes),
    limitBytes: totalBytes,
    limitSource: "machine",
    swapTotalBytes: swap.totalBytes,
    swapFreeBytes: swap.freeBytes,
  };
}
