import type {
  Catalog,
  CpuProfile,
  DeviceProfile,
  HardwareEntry,
  HardwareProfile,
} from "@qwq-fit/schema";

import { bandwidthOf, figuresOf } from "./device-of-entry.ts";
import { readPart } from "./label-words.ts";
import { matchEntries, soldSize } from "./match-entry.ts";

/** A CPU's name without what marketing and firmware add to it. */
const plainCpuName = (name: string): string =>
  name
    .replaceAll(/\((?:r|tm|c)\)/giu, " ")
    .replace(/\s(?:@|w\/|with)\s.*$/iu, "")
    .replace(/\b\d+(?:th|st|nd|rd) gen\b/iu, " ");

/** The one entry that a tool's name means, with the memory that the tool saw; null where none or several do. */
function entryFor(
  name: string,
  memoryBytes: number | null,
  entries: readonly HardwareEntry[],
): HardwareEntry | null {
  const part = readPart(name);
  const seen = {
    ...part,
    counts: [],
    memoryBytes: memoryBytes ?? part.memoryBytes,
    hostMemory: false,
  };
  const matches = matchEntries(seen, entries);
  return matches.length === 1 ? (matches[0]?.entry ?? null) : null;
}

function withDeviceFigures(
  device: DeviceProfile,
  machineBytes: number,
  entries: readonly HardwareEntry[],
): DeviceProfile {
  const known = entries.find(({ id }) => id === device.catalogId);
  // a chip that shares the machine's memory is sold by the machine's, of which a tool shows a part
  const entry =
    known ??
    entryFor(device.name, device.unified ? null : device.memoryBytes, entries) ??
    entryFor(device.name, null, entries);
  if (entry === null) return device;
  const bytes = entry.unified ? machineBytes : (device.memoryBytes ?? 0);
  const sold = soldSize(entry, bytes);
  const card =
    sold !== null && !entry.memoryBytes.includes(sold) ? sold * entry.chipsPerCard : sold;
  const figures = figuresOf(entry, card);
  return {
    ...device,
    bandwidthBytesPerSecond: device.bandwidthBytesPerSecond ?? figures.bandwidthBytesPerSecond,
    tensorFp16Flops: device.tensorFp16Flops ?? figures.tensorFp16Flops,
    catalogId: entry.id,
  };
}

function withCpuFigures(
  cpu: CpuProfile,
  machineBytes: number,
  entries: readonly HardwareEntry[],
): CpuProfile {
  if (cpu.bandwidthBytesPerSecond !== null) return cpu;
  const entry = entryFor(plainCpuName(cpu.name), null, entries);
  if (entry === null) return cpu;
  const sold = soldSize(entry, machineBytes);
  return { ...cpu, bandwidthBytesPerSecond: bandwidthOf(entry, sold) };
}

/**
 * A probed machine with the catalogue's figures where the probe has none: bandwidth and throughput of
 * devices, bandwidth of the CPU's memory, watts under load. Names are matched as labels are, with the
 * memory that the tool saw; a device that matches no entry, or several, stays as it is.
 */
export function withCatalogFigures(profile: HardwareProfile, catalog: Catalog): HardwareProfile {
  const total = profile.memory.totalBytes;
  const chips = catalog.hardware.filter(({ kind }) => kind !== "machine" && kind !== "instance");
  const accelerators = chips.filter(({ kind }) => kind !== "cpu");
  const hosts = chips.filter(({ kind }) => kind === "cpu" || kind === "soc");
  const devices = profile.devices.map((device) =>
    device.software === true ? device : withDeviceFigures(device, total, accelerators),
  );
  const [only] = devices;
  const watts =
    devices.length === 1
      ? (chips.find(({ id }) => id === only?.catalogId)?.loadWatts ?? null)
      : null;
  return {
    ...profile,
    cpu: withCpuFigures(profile.cpu, total, hosts),
    devices,
    power: { ...profile.power, loadWatts: profile.power.loadWatts ?? watts },
  };
}
