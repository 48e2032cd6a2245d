import type { DeviceProfile, ProbeWarning } from "@qwq-fit/schema";

/** A device as one tool saw it. `pciId` ("10de:2684") tells two tools' views of one device together. */
export interface Sighting {
  readonly device: DeviceProfile;
  readonly pciId: string | null;
  /** Its number in `vulkaninfo`, where that saw it. */
  readonly vulkanIndex?: number;
}

/** What one probe brings: what it saw, and what it could not see with the cure. */
export interface ProbeOutcome {
  readonly sightings: readonly Sighting[];
  readonly warnings: readonly ProbeWarning[];
}

/** What a parser makes of a tool's text. Not understanding it is an outcome, not a fault. */
export type Parsed<T> =
  | { readonly kind: "parsed"; readonly value: T }
  | { readonly kind: "unreadable"; readonly reason: string };

/** The outcome of a probe that found nothing to say. */
export const NOTHING: ProbeOutcome = { sightings: [], warnings: [] };

/** Name of a sighting that stands for all devices of its vendor: a driver's manifest names no device. */
export const ANY_DEVICE = "any device";

/** `memorySource` of a device that has no memory of its own and no limit but the machine's. */
export const HOST_MEMORY = "the machine's memory (unified)";

type NamedFields = "id" | "kind" | "vendor" | "name" | "backends" | "memoryBytes" | "memorySource";

/** A device with everything unknown but what is given. */
export function createDevice(
  fields: Pick<DeviceProfile, NamedFields> & Partial<DeviceProfile>,
): DeviceProfile {
  return {
    freeBytes: null,
    unified: false,
    bandwidthBytesPerSecond: null,
    tensorFp16Flops: null,
    driver: null,
    computeCapability: null,
    pciAddress: null,
    processes: [],
    catalogId: null,
    unverified: false,
    notes: [],
    ...fields,
  };
}

/** "00000000:0C:00.0" and "0c:00.0" as "0000:0c:00.0"; null for what is no PCI address. */
export function normalizePciAddress(text: string): string | null {
  const match = /^(?:([0-9a-f]{1,8}):)?([0-9a-f]{2}):([0-9a-f]{2})\.([0-7])$/i.exec(text.trim());
  if (match === null) return null;
  const domain = (match[1] ?? "0").replace(/^0+/, "").padStart(4, "0");
  return `${domain}:${match[2]}:${match[3]}.${match[4]}`.toLowerCase();
}
