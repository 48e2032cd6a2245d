import { resolveHardware } from "@qwq-fit/planner";
import { type Catalog, GiB, type HardwareEntry, type HardwareProfile } from "@qwq-fit/schema";

/** A machine of the catalogue under the name by which a person would ask for it. */
export interface NamedMachine {
  readonly label: string;
  readonly entry: HardwareEntry;
  readonly hardware: HardwareProfile;
}

function labelsOf(entry: HardwareEntry): readonly string[] {
  const sizes = entry.memoryBytes.map((bytes) => `${bytes / GiB}GB`);
  const named = sizes.filter((size) => !entry.name.includes(size));
  return named.length === 0 ? [entry.name] : named.map((size) => `${entry.name} ${size}`);
}

/** Every entry of the catalogue in every size in which it is sold; what does not resolve to itself is listed apart. */
export function catalogMachines(catalog: Catalog): {
  readonly machines: readonly NamedMachine[];
  readonly unresolved: readonly string[];
} {
  const machines: NamedMachine[] = [];
  const unresolved: string[] = [];
  for (const entry of catalog.hardware) {
    for (const label of labelsOf(entry)) {
      const found = resolveHardware(label, catalog);
      if (found.kind === "resolved") machines.push({ label, entry, hardware: found.hardware });
      else unresolved.push(`${label}: ${JSON.stringify(found)}`);
    }
  }
  return { machines, unresolved };
}
