import type { HardwareEntry } from "@qwq-fit/schema";
import { loadCatalog } from "../catalog/load-catalog.ts";
import type { CommandIo } from "../command-io.ts";
import { EXIT } from "../exit-code.ts";
import type { ListOptions } from "../options/command-options.ts";
import { matching } from "../search.ts";
import { textFor } from "../text/text-for.ts";
import { gib, short, usd } from "../view/numbers.ts";
import { drawTable } from "../view/table.ts";
import { terminalOf } from "../view/terminal.ts";

const GIGA = 1e9;

/** The bandwidth of an entry, or of the devices inside a machine. */
function bandwidthOf(entry: HardwareEntry, all: ReadonlyMap<string, HardwareEntry>): number | null {
  const own = entry.bandwidthBytesPerSecond ?? entry.bandwidthByMemory[0]?.bandwidthBytesPerSecond;
  if (own !== undefined && own !== null) return own.value;
  const [inside] = entry.devices;
  const device = inside === undefined ? undefined : all.get(inside.id);
  return device === undefined || device.id === entry.id ? null : bandwidthOf(device, all);
}

/** `qwq-fit hardware [search]`: the devices and machines that `--hardware` knows by name. */
export async function hardware(
  search: readonly string[],
  options: ListOptions,
  io: CommandIo,
): Promise<number> {
  const catalog = await loadCatalog();
  const all = new Map(catalog.hardware.map((entry) => [entry.id, entry]));
  const found = matching(search, catalog.hardware, ({ id, name, vendor, aliases }) => [
    id,
    name,
    vendor,
    ...aliases,
  ]);
  if (options.json === true) {
    io.out(`${JSON.stringify({ schemaVersion: 1, hardware: found })}\n`);
    return EXIT.fits;
  }
  const text = await textFor(io, options.lang);
  const rows = found.map((entry) => {
    const bandwidth = bandwidthOf(entry, all);
    return [
      entry.name,
      entry.memoryBytes.map((bytes) => gib(bytes).replace(/\.0$/u, "")).join(" "),
      bandwidth === null ? "–" : short(bandwidth / GIGA),
      entry.priceUsd === null ? "–" : usd(entry.priceUsd.value),
    ];
  });
  const { columns } = text;
  const head = [columns.machine, columns.memory, "GB/s", columns.price];
  io.out(drawTable(head, rows, terminalOf(io)));
  return EXIT.fits;
}
