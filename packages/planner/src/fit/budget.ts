import type { DeviceProfile, HardwareProfile } from "@qwq-fit/schema";

import type { EngineCapabilities, Margin } from "../engines/capabilities.ts";

/** What a plan may take of one memory. */
export interface Budget {
  /** Free now, before the margin. */
  readonly freeBytes: number;
  readonly marginBytes: number;
  readonly budgetBytes: number;
  /** What `freeBytes` is and who asks for the margin. */
  readonly source: string;
}

/** What a plan may take of a machine. Devices that share the host's memory draw from `host` too. */
export interface Budgets {
  readonly host: Budget;
  readonly devices: ReadonlyMap<string, Budget>;
  readonly unified: ReadonlySet<string>;
}

const budget = (freeBytes: number, totalBytes: number, margin: Margin, source: string): Budget => {
  const marginBytes = Math.min(Math.floor(totalBytes * margin.share), margin.maximumBytes);
  return {
    freeBytes,
    marginBytes,
    budgetBytes: Math.max(0, freeBytes - marginBytes),
    source: `${source}; margin: ${margin.source}`,
  };
};

/** Bytes of the host that could be taken now without swapping, below every limit. */
export const availableHostBytes = (hardware: HardwareProfile): number =>
  Math.max(0, Math.min(hardware.memory.availableBytes, hardware.memory.limitBytes));

/** Free bytes of a device; a unified one that tells none has the host's. Null: nobody knows. */
export function freeDeviceBytes(device: DeviceProfile, hardware: HardwareProfile): number | null {
  const told = device.freeBytes ?? device.memoryBytes;
  if (!device.unified) return told;
  const host = availableHostBytes(hardware);
  return told === null ? host : Math.min(told, host);
}

/**
 * What an engine may take: free device memory less the engine's margin, available host memory (below
 * container and cgroup limits) less a margin for the system.
 */
export function budgetsOf(hardware: HardwareProfile, row: EngineCapabilities): Budgets {
  const host = availableHostBytes(hardware);
  const devices = new Map<string, Budget>();
  for (const device of hardware.devices) {
    const free = freeDeviceBytes(device, hardware);
    if (free === null) continue;
    const total = device.memoryBytes ?? free;
    devices.set(device.id, budget(free, total, row.deviceMargin, device.memorySource));
  }
  return {
    host: budget(host, hardware.memory.totalBytes, row.hostMargin, hardware.memory.limitSource),
    devices,
    unified: new Set(hardware.devices.filter((device) => device.unified).map(({ id }) => id)),
  };
}
