import type {
  CpuProfile,
  DeviceProfile,
  HardwareEntry,
  HardwareProfile,
  ProbeWarning,
} from "@qwq-fit/schema";

import { assumed, idleSystemBytes, sharedDeviceBytes } from "./assumptions.ts";
import { bandwidthOf, devicesOfEntry } from "./device-of-entry.ts";

/** A device of the catalogue, how many, and in which size of memory. */
export interface NamedDevices {
  readonly entry: HardwareEntry;
  readonly count: number;
  readonly memoryBytes: number | null;
}

/** What a label was found to mean. */
export interface NamedMachine {
  readonly label: string;
  readonly devices: readonly NamedDevices[];
  /** The CPU, where one is named or comes with the machine. */
  readonly cpu: HardwareEntry | null;
  /** A machine or instance that brings host memory and cores. */
  readonly machine: HardwareEntry | null;
  readonly hostMemoryBytes: number | null;
  readonly hostCount: number;
  /** Only the CPU of a chip with a GPU is meant. */
  readonly cpuOnly: boolean;
}

const warning = (code: string, message: string): ProbeWarning => ({ code, message, hint: null });

function instructionSets(entry: HardwareEntry | null): readonly string[] {
  if (entry?.vendor === "Apple") return assumed.appleInstructionSets;
  const arm = ["Ampere", "AWS", "Raspberry Pi", "Rockchip", "Qualcomm"];
  const tegra = entry?.vendor === "NVIDIA" && entry.unified;
  if (tegra || arm.includes(entry?.vendor ?? "")) return assumed.armInstructionSets;
  return assumed.instructionSets;
}

function cpuOf(
  entry: HardwareEntry | null,
  fallback: HardwareEntry | null,
  memoryBytes: number,
): CpuProfile {
  const cores = entry?.cores ?? null;
  const physicalCores =
    cores === null ? assumed.physicalCores : cores.performance + cores.efficiency;
  const hybrid = cores !== null && cores.performance > 0 && cores.efficiency > 0;
  return {
    name: entry?.name ?? "a CPU of eight cores (assumed)",
    vendor: entry?.vendor ?? "unknown",
    physicalCores,
    logicalCores: cores === null ? assumed.logicalCores : physicalCores,
    usableCores: cores === null ? assumed.logicalCores : physicalCores,
    performanceCores: hybrid ? cores.performance : null,
    efficiencyCores: hybrid ? cores.efficiency : null,
    cacheBytes: { l1d: null, l2: null, l3: null },
    instructionSets: instructionSets(entry),
    bandwidthBytesPerSecond:
      (entry === null ? null : bandwidthOf(entry, memoryBytes)) ??
      fallback?.bandwidthBytesPerSecond ??
      null,
  };
}

function platformOf(
  entries: readonly HardwareEntry[],
): Pick<HardwareProfile["os"], "platform" | "name" | "architecture"> {
  if (entries.some(({ vendor }) => vendor === "Apple")) {
    return { platform: "darwin", name: "macOS (assumed)", architecture: "arm64" };
  }
  const arm = entries.some((entry) => instructionSets(entry).includes("neon"));
  return { platform: "linux", name: "Linux (assumed)", architecture: arm ? "arm64" : "x64" };
}

/** The machine that a name stands for, with everything that it does not say assumed, and told. */
export function profileOf(named: NamedMachine, catalogCpu: HardwareEntry | null): HardwareProfile {
  const soc = named.devices.find(({ entry }) => entry.unified) ?? null;
  const warnings: ProbeWarning[] = [];
  const totalBytes =
    named.hostMemoryBytes ??
    soc?.memoryBytes ??
    soc?.entry.memoryBytes[0] ??
    (named.machine?.unified === false ? named.machine.memoryBytes[0] : undefined) ??
    assumed.hostMemoryBytes;
  const told = named.hostMemoryBytes ?? soc?.memoryBytes ?? null;
  if (told === null && named.machine === null) {
    warnings.push(
      warning("assumed_memory", `The machine's memory is taken as ${totalBytes / 2 ** 30} GiB.`),
    );
  }
  const cpuEntry = named.cpu ?? soc?.entry ?? (named.machine?.cores == null ? null : named.machine);
  if (cpuEntry === null) {
    warnings.push(
      warning(
        "assumed_cpu",
        "A CPU of eight cores with AVX2 and two channels of DDR5-5600 is assumed.",
      ),
    );
  }
  warnings.push(
    warning(
      "assumed_idle",
      "Nothing else is taken to run on it: the system holds an eighth of its memory, at most 4 GiB.",
    ),
  );
  const devices: DeviceProfile[] = [];
  for (const { entry, count, memoryBytes } of named.cpuOnly ? [] : named.devices) {
    const shared = sharedDeviceBytes(entry, totalBytes);
    devices.push(...devicesOfEntry(entry, memoryBytes, count, devices.length, shared));
  }
  const entries = [
    ...named.devices.map(({ entry }) => entry),
    ...(named.cpu === null ? [] : [named.cpu]),
  ];
  const cards = named.devices.reduce(
    (sum, { entry, count }) => sum + (entry.loadWatts?.value ?? 0) * count,
    0,
  );
  const first = named.devices[0];
  const watts = named.machine?.loadWatts ?? (first?.count === 1 ? first.entry.loadWatts : null);
  const single = named.devices.length === 1 && first?.count === 1 && first.entry.unified;
  return {
    schemaVersion: 1,
    label: named.label,
    os: {
      ...platformOf(entries),
      version: "",
      kernel: "",
      container: null,
      wsl: null,
      rosetta: false,
    },
    cpu: cpuOf(cpuEntry, catalogCpu, totalBytes),
    memory: {
      totalBytes,
      availableBytes: totalBytes - idleSystemBytes(totalBytes),
      limitBytes: totalBytes,
      limitSource: "machine",
      swapTotalBytes: 0,
      swapFreeBytes: 0,
    },
    devices,
    hostCount: named.hostCount,
    disk: null,
    power: {
      source: "mains",
      batteryPercent: null,
      loadWatts:
        watts ??
        (cards > 0 ? { value: cards, source: "sum of the cards", unverified: true } : null),
    },
    priceUsd: named.machine?.priceUsd ?? (single ? first.entry.priceUsd : null),
    engines: [],
    warnings,
  };
}
