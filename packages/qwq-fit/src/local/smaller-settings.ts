import { stepDown } from "@qwq-fit/engine";
import type { EngineSettings } from "@qwq-fit/engine";
import { estimateMemory } from "@qwq-fit/planner";
import { QwqError } from "@qwq-fit/schema";
import type { FitPlan, HardwareProfile } from "@qwq-fit/schema";
import type { LocalModel } from "./local-model.ts";

/**
 * Settings for an engine that failed with these: the first on the way down (fewer offloaded layers, less context, a smaller
 * KV type, the CPU) that fits the memory that is free now by the engine's own rules. Where none does, the smallest: rules can
 * be wrong, and it is the last thing to try. Null where nothing is left to give up.
 */
export function smallerSettings(
  failed: EngineSettings,
  { profile, variant }: Pick<LocalModel, "profile" | "variant">,
  { engine, engineVersion }: Pick<FitPlan, "engine" | "engineVersion">,
  hardware: HardwareProfile,
): EngineSettings | null {
  let smallest: EngineSettings | null = null;
  for (let next = stepDown(failed); next !== null; next = stepDown(next)) {
    smallest = next;
    const settings = {
      ...next,
      engine: engine === "llama-server" ? ("llama-server" as const) : ("node-llama-cpp" as const),
      engineVersion,
    };
    if (fits(() => estimateMemory(profile, variant, settings, hardware), hardware)) return next;
  }
  return smallest;
}

/** Whether every device has what is asked of it free. A model without rules is taken at its word. */
function fits(
  estimate: () => ReturnType<typeof estimateMemory>,
  { devices, memory }: HardwareProfile,
): boolean {
  try {
    return estimate().devices.every(({ device, totalBytes }) => {
      const found = devices.find(({ id }) => id === device);
      const free = found === undefined ? memory.availableBytes : found.freeBytes;
      return totalBytes <= (free ?? found?.memoryBytes ?? Infinity);
    });
  } catch (error) {
    if (QwqError.is(error, "unsupported_model")) return true;
    if (QwqError.is(error, "unsupported_combination")) return false;
    throw error;
  }
}
