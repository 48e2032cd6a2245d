import { type DeviceMemory, type MemoryReport, MiB } from "@qwq-fit/schema";

import type { Budgets } from "./budget.ts";
import type { Overrun } from "./candidate.ts";

/**
 * What a process takes beside the engine's buffers: program, libraries, driver context.
 * gguf-parser-go v0.26 file_estimate__llamacpp.go, platform footprint: 150 MiB of RAM, 250 MiB of each
 * device. A CUDA context takes 300 to 600 MiB on some cards; the engine's margin covers the rest.
 */
export const overheads: { readonly hostBytes: number; readonly deviceBytes: number } = {
  hostBytes: 150 * MiB,
  deviceBytes: 250 * MiB,
};

/** The buffers of one memory, as {@link MemoryReport} states them. */
export type Buffers = MemoryReport["devices"][number];

const charged = (buffers: Buffers, overheadBytes: number, budgetBytes: number): DeviceMemory => ({
  device: buffers.device,
  weightsBytes: buffers.weightsBytes,
  repackedBytes: buffers.repackedBytes,
  kvCacheBytes: buffers.kvCacheBytes,
  computeBytes: buffers.computeBytes,
  outputBytes: buffers.outputBytes,
  overheadBytes,
  totalBytes: buffers.totalBytes + overheadBytes,
  budgetBytes,
});

/**
 * Sets an engine's buffers against what may be used.
 *
 * A unified device draws from the host's memory as well: the host's budget is what the device leaves,
 * and the device's own is never above the host's. `overrun` names the memory that lacks most.
 */
export function chargeMemory(
  report: readonly Buffers[],
  budgets: Budgets,
): { memory: readonly DeviceMemory[]; overrun: Overrun | null } {
  const rows: DeviceMemory[] = [];
  let hostBudget = budgets.host.budgetBytes;
  for (const buffers of report.filter(({ device }) => device !== "host")) {
    const own = budgets.devices.get(buffers.device)?.budgetBytes ?? 0;
    const unified = budgets.unified.has(buffers.device);
    const row = charged(buffers, overheads.deviceBytes, unified ? Math.min(own, hostBudget) : own);
    if (unified) hostBudget = Math.max(0, hostBudget - row.totalBytes);
    rows.push(row);
  }
  const host = report.find(({ device }) => device === "host") ?? {
    device: "host",
    weightsBytes: 0,
    repackedBytes: 0,
    kvCacheBytes: 0,
    computeBytes: 0,
    outputBytes: 0,
    totalBytes: 0,
  };
  rows.push(charged(host, overheads.hostBytes, hostBudget));
  const over = rows
    .filter((row) => row.totalBytes > row.budgetBytes)
    .toSorted((a, b) => b.totalBytes - b.budgetBytes - (a.totalBytes - a.budgetBytes));
  const worst = over[0];
  return {
    memory: rows,
    overrun:
      worst === undefined
        ? null
        : {
            device: worst.device,
            neededBytes: worst.totalBytes,
            budgetBytes: worst.budgetBytes,
            missingBytes: over.reduce((sum, row) => sum + row.totalBytes - row.budgetBytes, 0),
          },
  };
}
