import {
  type HardwareProfile,
  type ModelProfile,
  QwqError,
  type WeightsVariant,
} from "@qwq-fit/schema";

import type { LlamaCppSettings } from "../engines/llama-cpp/llama-cpp-settings.ts";
import type { Candidate, Settings } from "./candidate.ts";
import type { Buffers } from "./charge.ts";
import type { Workspace } from "./workspace.ts";

/** A candidate's settings as the engine's memory rules take them. */
function llamaSettings(
  settings: Settings,
  { row, support, devices }: Pick<Candidate, "row" | "support" | "devices">,
): LlamaCppSettings {
  return {
    engine: row.engine === "llama-server" ? "llama-server" : "node-llama-cpp",
    engineVersion: row.version,
    backend: support.backend,
    contextTokens: settings.contextTokens,
    sequences: settings.sequences,
    batchTokens: settings.batchTokens,
    kvCacheType: settings.kvCacheType,
    flashAttention: settings.flashAttention,
    offloadedLayers: settings.offloadedLayers,
    mmap: settings.mmap,
    threads: settings.threads,
    ...(row.takes.repack ? { repack: settings.repack } : {}),
    ...(row.takes.expertsOnCpu ? { expertsOnCpu: settings.expertsOnCpu } : {}),
    devices,
  };
}

/** What the engine's rules say: buffers, a refusal of the settings, or that they do not know the model. */
export type ExactMemory =
  | { readonly kind: "buffers"; readonly buffers: readonly Buffers[] }
  | { readonly kind: "refused" }
  | { readonly kind: "unknown" };

/** All that the engine's rules depend on beside model and file; equal keys have equal buffers. */
function keyOf(settings: LlamaCppSettings, hardware: HardwareProfile): string {
  const free = hardware.devices.map((device) => device.freeBytes ?? device.memoryBytes ?? 1);
  const total = free.reduce((sum, bytes) => sum + bytes, 0);
  const devices = hardware.devices.map((device, index) => [
    device.id,
    // Vulkan's limits are those of the driver
    settings.backend === "vulkan" ? `${device.vendor} ${device.name}` : "",
    // layers are split by what is free
    hardware.devices.length > 1 ? (free[index] ?? 1) / total : 1,
  ]);
  return JSON.stringify([settings, devices, hardware.cpu.instructionSets]);
}

function estimate(
  workspace: Workspace,
  model: ModelProfile,
  variant: WeightsVariant,
  settings: LlamaCppSettings,
  hardware: HardwareProfile,
): ExactMemory {
  try {
    const { buffers } = workspace.estimator(model, variant, hardware).estimate(settings);
    return {
      kind: "buffers",
      buffers: buffers.map((buffer) => ({
        ...buffer,
        totalBytes:
          buffer.weightsBytes +
          buffer.repackedBytes +
          buffer.kvCacheBytes +
          buffer.computeBytes +
          buffer.outputBytes,
      })),
    };
  } catch (error) {
    if (QwqError.is(error, "unsupported_combination")) return { kind: "refused" };
    if (QwqError.is(error, "unsupported_model")) return { kind: "unknown" };
    throw error;
  }
}

/** The buffers that llama.cpp allocates for these settings, exactly, where its rules for the model are known. */
export function exactMemory(
  workspace: Workspace,
  model: ModelProfile,
  variant: WeightsVariant,
  settings: Settings,
  on: Pick<Candidate, "row" | "support" | "devices">,
  hardware: HardwareProfile,
): ExactMemory {
  const told = llamaSettings(settings, on);
  return workspace.exact(variant, keyOf(told, hardware), () =>
    estimate(workspace, model, variant, told, hardware),
  );
}
