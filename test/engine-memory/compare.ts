import { MiB, type MemoryReport } from "@qwq-fit/schema";

import { type PrintedBuffers, printedBuffers } from "./printed-buffers.ts";

/** How far a column may be off: the engine rounds each line to 0.01 MiB, and a column may sum two. */
export interface Tolerance {
  readonly mib: number;
  /** Of compute and output buffers. */
  readonly share: number;
}

/** Differences between our report and the engine's prints, as sentences; none where they agree. */
export function differences(report: MemoryReport, log: string, tolerance: Tolerance): string[] {
  const printed = printedBuffers(log);
  const host = report.devices.find(({ device }) => device === "host");
  const others = report.devices.filter(({ device }) => device !== "host");
  return [
    ...compare("host", printed.host, host === undefined ? [] : [host], tolerance),
    ...compare("device", printed.device, others, tolerance),
  ];
}

function compare(
  name: string,
  printed: PrintedBuffers,
  devices: MemoryReport["devices"],
  tolerance: Tolerance,
): string[] {
  const sum = (column: keyof MemoryReport["devices"][number]): number =>
    devices.reduce((total, device) => total + Number(device[column]), 0) / MiB;
  const rows = [
    ["weights", sum("weightsBytes"), tolerance.mib],
    ["repacked", sum("repackedBytes"), tolerance.mib],
    ["kvCache", sum("kvCacheBytes"), tolerance.mib],
    ["compute", sum("computeBytes"), Math.max(tolerance.mib, tolerance.share * printed.compute)],
    ["output", sum("outputBytes"), Math.max(tolerance.mib, tolerance.share * printed.output)],
  ] as const;
  return rows
    .filter(([column, ours, limit]) => Math.abs(ours - printed[column]) > limit)
    .map(
      ([column, ours]) =>
        `${name} ${column}: engine ${printed[column]} MiB, we ${ours.toFixed(2)} MiB`,
    );
}
