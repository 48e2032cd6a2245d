import type { ProbePorts } from "../ports/probe-ports.ts";
import table from "./pci-names.json" with { type: "json" };

/** Where distributions keep the PCI ID repository. */
const SYSTEM_TABLES: readonly string[] = ["/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids"];

/** Name of a device in the repository's text: vendors at the margin, their devices one tab in. */
export function findPciName(text: string, id: string): string | null {
  const [vendor, device] = id.split(":");
  const start = text.search(new RegExp(`^${vendor}  `, "m"));
  if (start < 0) return null;
  const rest = text.slice(start);
  const end = rest.slice(1).search(/^[0-9a-f]{4} {2}/m);
  const section = end < 0 ? rest : rest.slice(0, end + 1);
  return new RegExp(`^\\t${device}  (.{1,200})$`, "m").exec(section)?.[1] ?? null;
}

/** A name for a PCI id: the system's own table, else ours; null where neither has it. */
export async function readPciName(ports: ProbePorts, id: string): Promise<string | null> {
  for (const path of SYSTEM_TABLES) {
    const name = findPciName((await ports.readFile(path)) ?? "", id);
    if (name !== null) return name;
  }
  const names: Readonly<Record<string, string>> = { ...table.unverified, ...table.names };
  return names[id] ?? null;
}
