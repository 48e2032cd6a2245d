import { linesOf } from "../device/lines.ts";
import { MiB } from "@qwq-fit/schema";
import type { Parsed } from "../device/sighting.ts";
import { reportRows, type AcceleratorReport } from "./accelerator-tool.ts";

/**
 * Reads the comma-separated columns that we ask Biren's `brsmi` for: index, memory used and free in MiB, name. Nobody has
 * recorded it; a line that is not just this is left out.
 */
export function parseBrsmi(text: string): Parsed<AcceleratorReport> {
  const rows = linesOf(text).flatMap((line) => {
    const match =
      /^\s*(\d{1,4})\s*,\s*(\d{1,9})(?: MiB)?\s*,\s*(\d{1,9})(?: MiB)?\s*,\s*(\S.{0,60})$/.exec(
        line.trimEnd(),
      );
    if (match === null) return [];
    const [, index = "", used, free, name = ""] = match;
    const usedBytes = Number(used) * MiB;
    const memoryBytes = usedBytes + Number(free) * MiB;
    return [{ index, name, pciAddress: null, memoryBytes, usedBytes }];
  });
  return reportRows(null, rows, "brsmi");
}
