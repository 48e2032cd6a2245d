import { lookUp } from "../device/look-up.ts";
import type { CpuProfile } from "@qwq-fit/schema";
import { parseCount, parseCpuList, parseSize } from "../device/sizes.ts";
import type { ProbePorts } from "../ports/probe-ports.ts";
import { probeCpuQuota } from "./cgroup.ts";
import { parseCpuinfo, type Cpuinfo } from "./linux-cpuinfo.ts";

const CPU_FOLDER = "/sys/devices/system/cpu";
/** Capacities are read one file a CPU; beyond this many CPUs a machine has no little cores. */
const MAX_CAPACITY_CPUS = 64;

/** The CPU of a Linux machine. */
export async function probeLinuxCpu(ports: ProbePorts): Promise<CpuProfile> {
  const [text, status, quota, cacheBytes, siblings] = await Promise.all([
    ports.readFile("/proc/cpuinfo"),
    ports.readFile("/proc/self/status"),
    probeCpuQuota(ports),
    probeCaches(ports),
    ports.readFile(`${CPU_FOLDER}/cpu0/topology/thread_siblings_list`),
  ]);
  const cpuinfo = parseCpuinfo(text ?? "");
  const logicalCores = cpuinfo.logicalCores || ports.facts.cpuModels.length || 1;
  const threadsPerCore = Math.max(1, parseCpuList(siblings ?? "").length);
  const physicalCores =
    cpuinfo.physicalCores ?? Math.max(1, Math.floor(logicalCores / threadsPerCore));
  return {
    name: cpuinfo.name ?? ports.facts.cpuModels[0] ?? "unknown",
    vendor: cpuinfo.vendor ?? "unknown",
    physicalCores,
    logicalCores,
    usableCores: usableCores(status, quota, logicalCores, ports.facts.usableCores),
    ...(await probeCoreKinds(ports, cpuinfo, logicalCores)),
    cacheBytes,
    instructionSets: cpuinfo.instructionSets,
    bandwidthBytesPerSecond: null,
  };
}

/** Affinity and quota, rounded down, at least 1. */
export function usableCores(
  status: string | null,
  quota: number | null,
  logicalCores: number,
  nodeSays: number,
): number {
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(status ?? "")?.[1];
  const allowed = list === undefined ? nodeSays : parseCpuList(list).length;
  const cores = Math.min(allowed > 0 ? allowed : logicalCores, logicalCores, quota ?? Infinity);
  return Math.max(1, Math.floor(cores));
}

const CACHE_OF_LEVEL: Readonly<Record<string, "l1d" | "l2" | "l3">> = {
  "1": "l1d",
  "2": "l2",
  "3": "l3",
};

/** Caches as CPU 0 sees them: its own first and second level, the third level that it shares. */
async function probeCaches(ports: ProbePorts): Promise<CpuProfile["cacheBytes"]> {
  const folder = `${CPU_FOLDER}/cpu0/cache`;
  const names = (await ports.listDir(folder)) ?? [];
  const sizes: { l1d: number | null; l2: number | null; l3: number | null } = {
    l1d: null,
    l2: null,
    l3: null,
  };
  await Promise.all(
    names
      .filter((name) => /^index\d$/.test(name))
      .map(async (name) => {
        const [level, type, size] = await Promise.all(
          ["level", "type", "size"].map((file) => ports.readFile(`${folder}/${name}/${file}`)),
        );
        if (type?.trim() === "Instruction") return;
        const key = lookUp(CACHE_OF_LEVEL, level?.trim() ?? "");
        if (key !== null) sizes[key] = parseSize(size ?? "");
      }),
  );
  return sizes;
}

/** Performance and efficiency cores: Intel's PMU folders, or the capacities that ARM kernels give. */
async function probeCoreKinds(
  ports: ProbePorts,
  cpuinfo: Cpuinfo,
  logicalCores: number,
): Promise<Pick<CpuProfile, "performanceCores" | "efficiencyCores">> {
  const [big, little] = await Promise.all([
    ports.readFile("/sys/devices/cpu_core/cpus"),
    ports.readFile("/sys/devices/cpu_atom/cpus"),
  ]);
  if (big !== null && little !== null) {
    const cores = (list: string): number =>
      new Set(parseCpuList(list).map((cpu) => cpuinfo.coreOfCpu.get(cpu) ?? `cpu ${cpu}`)).size;
    return { performanceCores: cores(big), efficiencyCores: cores(little) };
  }
  if (ports.architecture === "arm64" && logicalCores <= MAX_CAPACITY_CPUS) {
    const capacities = await Promise.all(
      Array.from({ length: logicalCores }, async (_, cpu) =>
        parseCount(await ports.readFile(`${CPU_FOLDER}/cpu${cpu}/cpu_capacity`)),
      ),
    );
    return countCapacities(capacities);
  }
  return { performanceCores: null, efficiencyCores: null };
}

/** Cores below half of the largest capacity are the little ones; nothing is said where all are alike. */
export function countCapacities(
  capacities: readonly (number | null)[],
): Pick<CpuProfile, "performanceCores" | "efficiencyCores"> {
  const known = capacities.filter((capacity) => capacity !== null);
  const largest = Math.max(0, ...known);
  const little = known.filter((capacity) => capacity * 2 < largest).length;
  if (known.length !== capacities.length || little === 0) {
    return { performanceCores: null, efficiencyCores: null };
  }
  return { performanceCores: known.length - little, efficiencyCores: little };
}
