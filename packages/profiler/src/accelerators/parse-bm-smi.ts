import { linesOf } from "../device/lines.ts";
import { MiB } from "@qwq-fit/schema";
import type { Parsed } from "../device/sighting.ts";
import { reportRows, type AcceleratorReport, type AcceleratorRow } from "./accelerator-tool.ts";

/**
 * Reads Sophgo's `bm-smi --noloop` (a table: the board stands left of its first chip only, a chip has two rows) and
 * `--text_format` (one line a chip). Without either flag the tool is a screen that never ends.
 */
export function parseBmSmi(text: string): Parsed<AcceleratorReport> {
  const driver = /Driver Version:\s*(\d\S{0,20})/.exec(text)?.[1] ?? null;
  const rows: AcceleratorRow[] = [];
  let board = "";
  let chip: string | null = null;
  for (const line of linesOf(text)) {
    const plain = readTextLine(line);
    if (plain !== null) {
      rows.push(plain);
      continue;
    }
    board = /^\|\s*\d{1,4}\s+(\S{1,40})\s+(?:PCIE|SOC)\b/.exec(line)?.[1] ?? board;
    chip = /\|\s*(\d{1,4})\s+\S{1,6}C\s+\S{1,6}C\s[^|]*\|\s*$/.exec(line)?.[1] ?? chip;
    const memory =
      /([0-9a-f:.]{7,14})\s+\w{1,12}\s[^|]*?(\d{1,9})MB\/\s*(\d{1,9})MB\s*\|\s*$/i.exec(line);
    if (memory === null || chip === null || board === "") continue;
    rows.push(createRow(chip, board, memory[1] ?? "", Number(memory[2]), Number(memory[3])));
    chip = null;
  }
  return reportRows(driver, rows, "bm-smi");
}

/** "1684-SC5+ PCIE chip0: 0 000:01:00.0 Active 56C … 0MB 7086MB". */
function readTextLine(line: string): AcceleratorRow | null {
  const match =
    /^(\S{1,40}) +(?:PCIE|SOC) +chip\d{1,4}: +(\d{1,4}) +([0-9a-f:.]{7,14}) .* (\d{1,9})MB +(\d{1,9})MB\s*$/i.exec(
      line,
    );
  return match === null
    ? null
    : createRow(match[2] ?? "", match[1] ?? "", match[3] ?? "", Number(match[4]), Number(match[5]));
}

function createRow(
  index: string,
  board: string,
  bus: string,
  usedMiB: number,
  totalMiB: number,
): AcceleratorRow {
  const series = /^(?:BM)?(1\d{3}X?|2\d{3})/i.exec(board)?.[1];
  return {
    index,
    name: series === undefined ? `Sophgo ${board}` : `Sophgo BM${series} (${board})`,
    // The tool prints a domain of three digits.
    pciAddress: /^[0-9a-f]{3}:/i.test(bus) ? `0${bus}`.toLowerCase() : null,
    memoryBytes: totalMiB * MiB,
    usedBytes: usedMiB * MiB,
  };
}
