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
  const printed = printedBuffers(log, report.devices.length - 1);
  return report.devices.flatMap((device, index) => compare(device, printed[index], tolerance));
}

function compare(
  ours: MemoryReport["devices"][number],
  printed: PrintedBuffers | undefined,
  tolerance: Tolerance,
): string[] {
  if (printed === undefined) return [`the engine prints no ${ours.device}`];
  const { mib, share } = tolerance;
  const rows = [
    ["weights", ours.weightsBytes, mib],
    ["repacked", ours.repackedBytes, mib],
    ["kvCache", ours.kvCacheBytes, mib],
    ["compute", ours.computeBytes, Math.max(mib, share * printed.compute)],
    ["output", ours.outputBytes, Math.max(mib, share * printed.output)],
  ] as const;
  return rows
    .filter(([column, bytes, limit]) => Math.abs(bytes / MiB - printed[column]) > limit)
    .map(([column, bytes]) => {
      const mebibytes = (bytes / MiB).toFixed(2);
      return `${ours.device} ${column}: engine ${printed[column]} MiB, we ${mebibytes} MiB`;
    });
}
