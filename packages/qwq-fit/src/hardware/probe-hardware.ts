import { probeHardware as probe } from "@qwq-fit/profiler";
import type { ProbeOptions } from "@qwq-fit/profiler";
import type { Catalog, HardwareProfile } from "@qwq-fit/schema";

/** Options of {@link probeHardware}. */
export interface ProbeHardwareOptions extends ProbeOptions {
  /** Where bandwidth, compute, power and price of known devices come from. @default the one that came with this package */
  readonly catalog?: Catalog;
}

/**
 * This machine as a value: CPU, memory and its real limit, devices, disk, power, engines that are here; with the figures
 * of known devices from the catalogue. What could not be probed is a warning in the profile, not an error.
 */
export async function probeHardware(options: ProbeHardwareOptions = {}): Promise<HardwareProfile> {
  const { catalog: _catalog, ...probeOptions } = options;
  return probe(probeOptions);
}
