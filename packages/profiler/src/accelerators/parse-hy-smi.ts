import { linesOf } from "../device/lines.ts";
import { parseRocmSmi } from "../amd/parse-rocm-smi.ts";
import type { Parsed } from "../device/sighting.ts";
import { reportRows, type AcceleratorReport } from "./accelerator-tool.ts";

/**
 * Reads Hygon's `hy-smi`: rocm-smi's JSON with its own keys, or the plain table, which has no memory size
 * ("0  53.0C  96.0W  auto  300.0W  0%  0%  Normal").
 */
export function parseHySmi(text: string): Parsed<AcceleratorReport> {
  const cards = parseRocmSmi(text);
  if (cards.kind === "parsed") {
    const rows = cards.value.map((card) => ({
      index: String(card.index),
      name: card.name ?? "Hygon DCU",
      pciAddress: card.pciAddress,
      memoryBytes: card.vramBytes,
      usedBytes: card.vramUsedBytes,
    }));
    return reportRows(cards.value[0]?.driver ?? null, rows, "hy-smi");
  }
  const rows = linesOf(text).flatMap((line) => {
    const index = /^\s*(\d{1,4})\s+[\d.]{1,8}C\s+[\d.]{1,8}W\s+\w{1,12}\s+[\d.]{1,8}W\s/.exec(
      line.slice(0, 1000),
    )?.[1];
    if (index === undefined) return [];
    return [{ index, name: "Hygon DCU", pciAddress: null, memoryBytes: null, usedBytes: null }];
  });
  return reportRows(null, rows, "hy-smi");
}
