import type { HardwareProfile, MemoryReport, ModelProfile, WeightsVariant } from "@qwq-fit/schema";
import type { LlamaCppSettings } from "../engines/llama-cpp/llama-cpp-settings.ts";
import { MemoryEstimator } from "../engines/llama-cpp/memory-estimator.ts";

/**
 * What llama.cpp would allocate for these settings, per device, in bytes: the numbers of its own
 * `… buffer size` lines. `repackedBytes` is the second copy of weights in the CPU's own layouts
 * (`CPU_REPACK`, `AMX`); pinned host memory (`Vulkan_Host`, `CUDA_Host`) counts as the host's.
 *
 * For many settings of one model on one machine make a {@link MemoryEstimator} and keep it.
 *
 * @throws QwqError `unsupported_combination` where the engine refuses the settings, `unsupported_model`
 * for an architecture whose graph is not known, `invalid_value` for impossible numbers.
 */
export function estimateMemory(
  model: ModelProfile,
  variant: WeightsVariant,
  settings: LlamaCppSettings,
  hardware: HardwareProfile,
): MemoryReport {
  const { buffers } = new MemoryEstimator(model, variant, hardware).estimate(settings);
  const devices = buffers.map((buffer) => ({
    ...buffer,
    totalBytes:
      buffer.weightsBytes +
      buffer.repackedBytes +
      buffer.kvCacheBytes +
      buffer.computeBytes +
      buffer.outputBytes,
  }));
  return { devices, totalBytes: devices.reduce((sum, { totalBytes }) => sum + totalBytes, 0) };
}
