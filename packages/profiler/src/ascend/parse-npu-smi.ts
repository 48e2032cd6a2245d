import { linesOf } from "../device/lines.ts";
import { MiB, type DeviceProcess } from "@qwq-fit/schema";
import { normalizePciAddress, type Parsed } from "../device/sighting.ts";
import { parseCount } from "../device/sizes.ts";

/** One chip of `npu-smi info`. */
export interface AscendChip {
  /** The card's number; 310 cards have four chips, a 300I Duo and a 910C two. */
  readonly npu: number;
  readonly chip: number;
  /** As printed: "910B4", "310P3", "Ascend910", "Ascend950PR", or "xxx". */
  readonly name: string;
  /** Number of /dev/davinci<N>, where the table has it ("Device", "Phy-ID"). */
  readonly physicalId: number | null;
  readonly pciAddress: string | null;
  readonly memoryBytes: number | null;
  readonly usedBytes: number | null;
  readonly processes: readonly DeviceProcess[];
}

export interface AscendReport {
  readonly version: string | null;
  readonly chips: readonly AscendChip[];
}

/**
 * Reads the table of `npu-smi info` in all its layouts (20.2 to 26): chips are pairs of rows, the first with card number
 * and name, the second with chip number, bus address and "used / total" of DDR and, where it has it, of HBM. From 25.7 on
 * (950PR) number and name are columns of their own and the chip's is empty.
 */
export function parseNpuSmi(text: string): Parsed<AscendReport> {
  const chips: AscendChip[] = [];
  let open: { npu: number; name: string } | null = null;
  let inProcesses = false;
  const held: { npu: number; chip: number; process: DeviceProcess }[] = [];
  const lines = linesOf(text);
  for (const line of lines) {
    if (!line.startsWith("|")) continue;
    const cells = line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim());
    if (/process id/i.test(line)) inProcesses = true;
    else if (inProcesses) {
      const process = readProcess(cells);
      if (process !== null) held.push(process);
    } else if (open !== null && findAddress(cells) !== null) {
      chips.push(readChip(cells, open, chips));
      open = null;
    } else open = readHead(cells) ?? open;
  }
  const version = /npu-smi\s+(\d\S{0,30})/.exec(text)?.[1] ?? null;
  if (chips.length === 0) return { kind: "unreadable", reason: "no chip in npu-smi's table" };
  const withProcesses = chips.map((chip) => ({
    ...chip,
    processes: held
      .filter((each) => each.npu === chip.npu && each.chip === chip.chip)
      .map(({ process }) => process),
  }));
  return { kind: "parsed", value: { version, chips: withProcesses } };
}

/** "| 0     910A   | OK | …" and "| 0      | Ascend950PR | OK | …". */
function readHead(cells: readonly string[]): { npu: number; name: string } | null {
  const joined = /^(\d{1,5})\s+(\S.{0,40})$/.exec(cells[0] ?? "");
  if (joined !== null) return { npu: Number(joined[1]), name: (joined[2] ?? "").trim() };
  const npu = parseCount(cells[0]);
  const name = cells[1] ?? "";
  return npu === null || cells.length < 4 || !/^[A-Za-z]*\d*\w*$/.test(name) || name === ""
    ? null
    : { npu, name };
}

function findAddress(cells: readonly string[]): string | null {
  for (const cell of cells) {
    const address = normalizePciAddress(cell);
    if (address !== null) return address;
  }
  return null;
}

function readChip(
  cells: readonly string[],
  { npu, name }: { readonly npu: number; readonly name: string },
  before: readonly AscendChip[],
): AscendChip {
  const [chip, physicalId] = (cells[0] ?? "").split(/\s+/).map((part) => parseCount(part));
  const pairs = [...(cells.at(-1) ?? "").matchAll(/(\d{1,9})\s*\/\s*(\d{1,9})/g)].map((pair) => ({
    used: Number(pair[1]) * MiB,
    total: Number(pair[2]) * MiB,
  }));
  // HBM stands last; chips with it print 0 / 0 for DDR or a small DDR that models do not use.
  const memory = pairs.findLast(({ total }) => total > 0);
  return {
    npu,
    chip: chip ?? before.filter((each) => each.npu === npu).length,
    name,
    physicalId: physicalId ?? null,
    pciAddress: findAddress(cells),
    memoryBytes: memory?.total ?? null,
    usedBytes: memory?.used ?? null,
    processes: [],
  };
}

/** "| 0       0 | 692318 | python3 | 12417 |": card and chip, pid, name, MB. */
function readProcess(
  cells: readonly string[],
): { npu: number; chip: number; process: DeviceProcess } | null {
  const place = /^(\d{1,5})(?:\s+(\d{1,5}))?$/.exec(cells[0] ?? "");
  const pid = parseCount(cells[1]);
  if (place === null || pid === null) return null;
  const memory = parseCount(cells[3]);
  const process = {
    pid,
    name: (cells[2] ?? "").slice(0, 80) || "unknown",
    memoryBytes: memory === null ? null : memory * MiB,
  };
  return { npu: Number(place[1]), chip: Number(place[2] ?? 0), process };
}

/** One row of `npu-smi info -m`. */
export interface AscendMapping {
  readonly npu: number;
  readonly chip: number;
  readonly name: string;
}

/**
 * Reads `npu-smi info -m`, whose columns differ by version (from 25.7 on also "Slot ID" and "Chip Phy-ID"): they are found
 * by their titles. Management chips ("Mcu", no logic id) are left out.
 */
export function parseNpuMapping(text: string): readonly AscendMapping[] {
  const lines = linesOf(text);
  const header = lines.findIndex((line) => /NPU ID\b.*Chip Name/.test(line));
  const titles = split(lines[header] ?? "");
  const column = (title: string): number => titles.indexOf(title);
  if (header < 0) return [];
  return lines.slice(header + 1).flatMap((line): AscendMapping[] => {
    const cells = split(line);
    const npu = parseCount(cells[column("NPU ID")]);
    const logic = parseCount(cells[column("Chip Logic ID")]);
    const chip = parseCount(cells[column("Chip ID")]) ?? 0;
    const name = cells[column("Chip Name")] ?? "";
    if (npu === null || logic === null || name === "" || /mcu/i.test(name)) return [];
    return [{ npu, chip, name }];
  });
}

function split(line: string): readonly string[] {
  return line.trim().split(/\s{2,}/);
}
