import type { CpuProfile, MemoryProfile, OperatingSystem } from "@qwq-fit/schema";
import type { ProbePorts } from "../ports/probe-ports.ts";

/** Name and version as Node has them: "Windows 11 Pro" and "10.0.26100", "FreeBSD 14.1-RELEASE". */
export function readPortableSystem({
  facts,
  platform,
}: ProbePorts): Omit<OperatingSystem, "platform" | "architecture"> {
  return {
    name: facts.osVersion === "" ? platform : facts.osVersion,
    version: facts.kernel,
    kernel: facts.kernel,
    container: null,
    wsl: null,
    rosetta: false,
  };
}

/** The CPU where there is no probe of our own (Windows, the BSDs): cores, kinds and caches by systeminformation. */
export async function probePortableCpu(
  ports: ProbePorts,
  instructionSets: readonly string[] | null,
): Promise<CpuProfile> {
  const details = await ports.cpuDetails();
  const logicalCores = ports.facts.cpuModels.length || 1;
  const hybrid = (details?.efficiencyCores ?? 0) > 0;
  return {
    name: ports.facts.cpuModels[0] ?? "unknown",
    vendor: details?.vendor ?? "unknown",
    physicalCores: details?.physicalCores ?? logicalCores,
    logicalCores,
    usableCores: Math.max(1, Math.min(logicalCores, ports.facts.usableCores)),
    performanceCores: hybrid ? (details?.performanceCores ?? null) : null,
    efficiencyCores: hybrid ? (details?.efficiencyCores ?? null) : null,
    cacheBytes: details?.cacheBytes ?? { l1d: null, l2: null, l3: null },
    instructionSets: instructionSets ?? details?.instructionSets ?? [],
    bandwidthBytesPerSecond: null,
  };
}

/** Memory as Node has it: GlobalMemoryStatusEx on Windows, sysctl on the BSDs. */
export function readPortableMemory({ facts }: Pick<ProbePorts, "facts">): MemoryProfile {
  return {
    totalBytes: facts.totalBytes,
    availableBytes: facts.freeBytes,
    limitBytes: facts.totalBytes,
    limitSource: "machine",
    swapTotalBytes: 0,
    swapFreeBytes: 0,
  };
}
