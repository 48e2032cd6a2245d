import { linesOf } from "../device/lines.ts";
import { MiB } from "@qwq-fit/schema";
import { normalizePciAddress } from "../device/sighting.ts";
import type { AcceleratorRow } from "./accelerator-tool.ts";

/** How a table with two rows a device is read. */
export interface PairedTable {
  /** Groups `index` and `name`, and `bus` where the first row has it. */
  readonly head: RegExp;
  /** Groups `used` and `total`, in MiB. */
  readonly memory: RegExp;
}

/** Devices of a table in which a row with number and name is followed by a row with the memory. */
export function readPairedRows(
  text: string,
  { head, memory }: PairedTable,
): readonly AcceleratorRow[] {
  const rows: AcceleratorRow[] = [];
  let open: AcceleratorRow | null = null;
  for (const line of linesOf(text)) {
    const first = head.exec(line)?.groups;
    if (first !== undefined) {
      if (open !== null) rows.push(open);
      open = {
        index: first["index"] ?? "",
        name: (first["name"] ?? "").trim(),
        pciAddress: normalizePciAddress(first["bus"] ?? ""),
        memoryBytes: null,
        usedBytes: null,
      };
    }
    const second = memory.exec(line)?.groups;
    if (open !== null && second !== undefined) {
      rows.push({
        ...open,
        memoryBytes: Number(second["total"]) * MiB,
        usedBytes: Number(second["used"]) * MiB,
      });
      open = null;
    }
  }
  return open === null ? rows : [...rows, open];
}
