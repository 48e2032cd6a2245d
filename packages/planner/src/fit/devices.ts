import type { DeviceProfile, HardwareProfile } from "@qwq-fit/schema";

import type { BackendSupport, EngineCapabilities } from "../engines/capabilities.ts";
import { freeDeviceBytes } from "./budget.ts";

/** Devices that work together on one backend. */
export interface DeviceSet {
  readonly support: BackendSupport;
  readonly devices: readonly DeviceProfile[];
}

const usable = (device: DeviceProfile, hardware: HardwareProfile): boolean =>
  device.software !== true && (freeDeviceBytes(device, hardware) ?? 0) > 0;

/**
 * Which devices an engine could use, best backend first: for each backend that it has, all devices
 * that speak it, unless an earlier backend has them all; and the largest one alone where the engine can
 * be told so.
 */
export function deviceSets(
  row: EngineCapabilities,
  hardware: HardwareProfile,
): readonly DeviceSet[] {
  const sets: DeviceSet[] = [];
  const seen: ReadonlySet<string>[] = [];
  for (const support of row.backends) {
    if (support.backend === "cpu") continue;
    const devices = hardware.devices.filter(
      (device) => device.backends.includes(support.backend) && usable(device, hardware),
    );
    if (devices.length === 0) continue;
    if (seen.some((ids) => devices.every(({ id }) => ids.has(id)))) continue;
    seen.push(new Set(devices.map(({ id }) => id)));
    if (row.parallelism === "none") {
      for (const device of devices) sets.push({ support, devices: [device] });
      continue;
    }
    const largest = devices.toSorted(
      (a, b) => (freeDeviceBytes(b, hardware) ?? 0) - (freeDeviceBytes(a, hardware) ?? 0),
    )[0];
    if (devices.length > 1 && row.takes.split && largest !== undefined) {
      sets.push({ support, devices: [largest] });
    }
    sets.push({ support, devices });
  }
  return sets;
}
