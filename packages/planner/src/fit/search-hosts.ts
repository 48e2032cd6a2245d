import type { EngineCapabilities } from "../engines/capabilities.ts";
import { budgetsOf, freeDeviceBytes } from "./budget.ts";
import type { Candidate, Settings } from "./candidate.ts";
import { chargeMemory } from "./charge.ts";
import { contextCandidates } from "./contexts.ts";
import { type DeviceSet, deviceSets } from "./devices.ts";
import { placeLayers } from "./placement.ts";
import type { Problem } from "./problem.ts";
import { roughMemory } from "./rough-memory.ts";
import { computeThreads } from "./threads.ts";

function settle(
  problem: Problem,
  row: EngineCapabilities,
  set: DeviceSet,
  candidate: Pick<Candidate, "variant"> & Settings,
): Candidate {
  const { model, hardware, workspace } = problem;
  const hosts = hardware.hostCount;
  const shares = set.devices.map((device) => ({
    device: device.id,
    share: freeDeviceBytes(device, hardware) ?? 0,
  }));
  const { variant, ...settings } = candidate;
  const placement = placeLayers(model, settings.offloadedLayers, shares, false);
  const bytes = workspace.bytes(model, variant, hardware);
  // each host holds its part of the blocks, the fullest one more than the mean where they do not divide
  const part = Math.ceil((model.blocks.length + 1) / hosts) / (model.blocks.length + 1);
  const buffers = roughMemory(model, bytes, settings, placement).map((row_) => {
    const weightsBytes =
      row_.device === "host" ? row_.weightsBytes : Math.ceil(row_.weightsBytes * part);
    const kvCacheBytes = Math.ceil(row_.kvCacheBytes * part);
    const rest = row_.repackedBytes + row_.computeBytes + row_.outputBytes;
    return { ...row_, weightsBytes, kvCacheBytes, totalBytes: weightsBytes + kvCacheBytes + rest };
  });
  return {
    ...settings,
    row,
    support: set.support,
    variant,
    devices: set.devices.map(({ id }) => id),
    hosts,
    rough: true,
    placement,
    ...chargeMemory(buffers, budgetsOf(hardware, row)),
  };
}

/**
 * Several equal machines as one: llama-server gives layers to `ggml-rpc-server` on the others, in
 * proportion to their memory (llama.cpp v0.5.0 tools/rpc/README.md). What is returned are the buffers of
 * the fullest machine; all layers stand on devices.
 */
export function* searchHosts(problem: Problem, row: EngineCapabilities): Generator<Candidate> {
  const { hardware, model, workload, options } = problem;
  if (!row.severalHosts || hardware.hostCount < 2) return;
  for (const set of deviceSets(row, hardware)) {
    for (const variant of model.weights) {
      if (!row.formats.includes(variant.format)) continue;
      if (options.quantizations?.includes(variant.quantization) === false) continue;
      if (set.support.quantizations?.includes(variant.quantization) === false) continue;
      for (const kvCacheType of set.support.kvCacheTypes) {
        if (options.kvCacheTypes?.includes(kvCacheType) === false) continue;
        for (const contextTokens of contextCandidates(problem, row)) {
          const candidate = settle(problem, row, set, {
            variant,
            kvCacheType,
            contextTokens,
            sequences: workload.concurrency,
            offloadedLayers: model.blocks.length + 1,
            expertsOnCpu: false,
            tensorParallel: 1,
            threads: computeThreads(hardware.cpu),
            batchTokens: 512,
            mmap: false,
            repack: true,
            flashAttention: set.support.flashAttention,
          });
          yield candidate;
          if (candidate.overrun !== null) break;
        }
      }
    }
  }
}
