import type { DeviceProfile, HardwareEntry, SourcedNumber } from "@qwq-fit/schema";

const perChip = (figure: SourcedNumber | null, chips: number): SourcedNumber | null =>
  figure === null ? null : { ...figure, value: figure.value / chips };

/** Bandwidth of an entry at a size of memory, where it depends on it; of the whole card. */
export function bandwidthOf(
  entry: HardwareEntry,
  memoryBytes: number | null,
): SourcedNumber | null {
  const special = entry.bandwidthByMemory.find((row) => row.memoryBytes === memoryBytes);
  return special?.bandwidthBytesPerSecond ?? entry.bandwidthBytesPerSecond;
}

/** Figures of one device of an entry: a card with several chips gives each its share. */
export function figuresOf(
  entry: HardwareEntry,
  cardBytes: number | null,
): Pick<DeviceProfile, "bandwidthBytesPerSecond" | "tensorFp16Flops" | "catalogId"> {
  return {
    bandwidthBytesPerSecond: perChip(bandwidthOf(entry, cardBytes), entry.chipsPerCard),
    tensorFp16Flops: perChip(entry.tensorFp16Flops, entry.chipsPerCard),
    catalogId: entry.id,
  };
}

/** The devices that `count` cards of an entry show, numbered from `first`. */
export function devicesOfEntry(
  entry: HardwareEntry,
  cardBytes: number | null,
  count: number,
  first: number,
  sharedBytes: number | null,
): readonly DeviceProfile[] {
  const own = cardBytes ?? entry.memoryBytes[0] ?? null;
  const memoryBytes = entry.unified ? sharedBytes : own === null ? null : own / entry.chipsPerCard;
  return Array.from({ length: count * entry.chipsPerCard }, (_, index) => ({
    id: `${entry.vendor.toLowerCase().replaceAll(" ", "-")}:${first + index}`,
    kind: entry.kind === "npu" ? "npu" : "gpu",
    vendor: entry.vendor,
    name: entry.name,
    backends: entry.backends,
    memoryBytes,
    freeBytes: memoryBytes,
    unified: entry.unified,
    memorySource: `catalogue ${entry.id}, nothing else running`,
    ...figuresOf(entry, own),
    driver: null,
    computeCapability: null,
    pciAddress: null,
    processes: [],
    unverified: false,
    notes: entry.notes,
  }));
}
