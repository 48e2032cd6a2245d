import type { Catalog, HardwareEntry, HardwareProfile, SourcedNumber } from "@qwq-fit/schema";

/** What a machine costs, in two currencies where the catalogue has both. */
export interface MachinePrice {
  readonly priceUsd: SourcedNumber | null;
  readonly priceCny: SourcedNumber | null;
}

/** A name without case and punctuation. */
const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/gu, "");

/** Prices of several things of one kind: times their number. */
function times(price: SourcedNumber | null, count: number): SourcedNumber | null {
  return price === null || count === 1 ? price : { ...price, value: price.value * count };
}

/** Sum of the devices' prices; null where one is not known. Two chips of one card are one card. */
function sumOf(
  hardware: HardwareProfile,
  entries: ReadonlyMap<string, HardwareEntry>,
  price: (entry: HardwareEntry) => SourcedNumber | null,
): SourcedNumber | null {
  const counts = new Map<string, number>();
  for (const { catalogId } of hardware.devices) {
    if (catalogId === null) return null;
    counts.set(catalogId, (counts.get(catalogId) ?? 0) + 1);
  }
  const [first, ...more] = [...counts];
  const entry = first === undefined ? undefined : entries.get(first[0]);
  if (first === undefined || entry === undefined || more.length > 0) return null;
  return times(price(entry), Math.ceil(first[1] / entry.chipsPerCard));
}

/** The price of the machine of this very name; null where none is called so. */
export function priceOfLabel(label: string, catalog: Catalog): MachinePrice | null {
  const wanted = plain(label);
  return (
    catalog.hardware.find(
      ({ name, id, kind }) =>
        (kind === "machine" || kind === "instance") &&
        (plain(name) === wanted || plain(id) === wanted),
    ) ?? null
  );
}

/** The price of a named machine, or of its devices where a device was named. */
export function machinePrice(hardware: HardwareProfile, catalog: Catalog): MachinePrice {
  const machine = priceOfLabel(hardware.label, catalog);
  if (machine !== null) {
    const { priceUsd, priceCny } = machine;
    return {
      priceUsd: times(priceUsd, hardware.hostCount),
      priceCny: times(priceCny, hardware.hostCount),
    };
  }
  const entries = new Map(catalog.hardware.map((entry) => [entry.id, entry]));
  return {
    priceUsd: hardware.priceUsd ?? sumOf(hardware, entries, (entry) => entry.priceUsd),
    priceCny: sumOf(hardware, entries, (entry) => entry.priceCny),
  };
}
