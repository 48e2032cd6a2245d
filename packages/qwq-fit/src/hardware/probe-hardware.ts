import { withCatalogFigures } from "@qwq-fit/planner";
import { probeHardware as probe } from "@qwq-fit/profiler";
import type { ProbeOptions } from "@qwq-fit/profiler";
import type { Catalog, HardwareProfile } from "@qwq-fit/schema";
import { loadCatalog } from "../catalog/load-catalog.ts";

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
  const { catalog, ...probeOptions } = options;
  const [profile, figures] = await Promise.all([probe(probeOptions), catalog ?? loadCatalog()]);
  return withCatalogFigures(profile, figures);
}
