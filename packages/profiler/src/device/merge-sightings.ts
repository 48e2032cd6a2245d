import type { DeviceProfile } from "@qwq-fit/schema";
import { ANY_DEVICE, type Sighting } from "./sighting.ts";

/** A name that a tool gave for want of a better one; another tool's name replaces it. */
const PLACEHOLDER = /^(?:(?:NVIDIA|AMD|Intel|Qualcomm) (?:GPU|NPU)|Graphics Device)\b/;

/**
 * One device for each real one, though several tools saw it. `lists` are the tools' sightings, the most trusted tool
 * first: its figures stand, later tools add backends and fill what it left open. Two sightings of one list are two
 * devices.
 */
export function mergeSightings(lists: readonly (readonly Sighting[])[]): readonly Sighting[] {
  const merged: Sighting[] = [];
  for (const list of lists) {
    const known = merged.length;
    const taken = new Set<number>();
    for (const sighting of list) {
      if (sighting.device.name === ANY_DEVICE) {
        addToVendor(merged, known, sighting.device);
        continue;
      }
      const match = findMatch(merged.slice(0, known), taken, sighting);
      const before = merged[match];
      if (before === undefined) merged.push(sighting);
      else {
        taken.add(match);
        merged[match] = combine(before, sighting);
      }
    }
  }
  return merged;
}

/** Index of the same device among earlier tools' sightings, or -1. */
function findMatch(
  merged: readonly Sighting[],
  taken: ReadonlySet<number>,
  { device, pciId }: Sighting,
): number {
  const bothLack = (other: Sighting, key: "pciAddress"): boolean =>
    device[key] === null || other.device[key] === null;
  const oneLacksId = (other: Sighting): boolean => pciId === null || other.pciId === null;
  const rules: readonly ((other: Sighting) => boolean)[] = [
    (other) => device.pciAddress !== null && other.device.pciAddress === device.pciAddress,
    (other) => bothLack(other, "pciAddress") && pciId !== null && other.pciId === pciId,
    (other) => oneLacksId(other) && plainName(other.device.name) === plainName(device.name),
    // A tool that tells no ids: its vendor's devices in their order.
    (other) => oneLacksId(other) && bothLack(other, "pciAddress"),
  ];
  const sameKind = (other: Sighting): boolean =>
    other.device.vendor === device.vendor &&
    (other.device.software ?? false) === (device.software ?? false);
  for (const rule of rules) {
    const index = merged.findIndex((other, at) => !taken.has(at) && sameKind(other) && rule(other));
    if (index >= 0) return index;
  }
  return -1;
}

/** "AMD Radeon RX 7900 XTX (RADV NAVI31)" and "Radeon RX 7900 XTX" are one name. */
function plainName(name: string): string {
  return name
    .replace(/\(.*\)|\[.*\]/g, "")
    .replace(/\b(?:NVIDIA|AMD|Intel|Corporation|Graphics)\b|\(R\)|\(TM\)/gi, "")
    .replace(/\s+/g, " ")
    .trim()
    .toLowerCase();
}

function combine(first: Sighting, second: Sighting): Sighting {
  const [a, b] = [first.device, second.device];
  const takesMemory = a.memoryBytes === null && !a.unified && b.memoryBytes !== null;
  const vulkanIndex = first.vulkanIndex ?? second.vulkanIndex;
  return {
    pciId: first.pciId ?? second.pciId,
    ...(vulkanIndex === undefined ? {} : { vulkanIndex }),
    device: {
      ...a,
      name: PLACEHOLDER.test(a.name) && !PLACEHOLDER.test(b.name) ? b.name : a.name,
      backends: [...new Set([...a.backends, ...b.backends])],
      memoryBytes: takesMemory ? b.memoryBytes : a.memoryBytes,
      memorySource: takesMemory ? b.memorySource : a.memorySource,
      freeBytes:
        a.freeBytes ?? (takesMemory || a.memoryBytes === b.memoryBytes ? b.freeBytes : null),
      driver: a.driver ?? b.driver,
      computeCapability: a.computeCapability ?? b.computeCapability,
      pciAddress: a.pciAddress ?? b.pciAddress,
      processes: a.processes.length > 0 ? a.processes : b.processes,
      unverified: a.unverified && b.unverified,
      notes: [...new Set([...a.notes, ...b.notes])],
    },
  };
}

function addToVendor(merged: Sighting[], known: number, { vendor, backends }: DeviceProfile): void {
  for (let at = 0; at < known; at++) {
    const other = merged[at];
    if (other === undefined || other.device.vendor !== vendor || other.device.kind !== "gpu")
      continue;
    const all = [...new Set([...other.device.backends, ...backends])];
    merged[at] = { ...other, device: { ...other.device, backends: all } };
  }
}
