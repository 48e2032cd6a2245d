import { selectInstructionSets } from "../machine/instruction-sets.ts";
import type { BatteryState, CpuDetails } from "./probe-ports.ts";

/*
 * `systeminformation` where it is right and our own probes would only copy it: it decodes ioreg on macOS and CIM on
 * Windows. It starts shells for that, so Linux, where files tell the same in a millisecond, never comes here.
 */

/** The battery; null where it cannot be asked. */
export async function batteryState(): Promise<BatteryState | null> {
  try {
    const { default: information } = await import("systeminformation");
    const { hasBattery, acConnected, percent } = await information.battery();
    return { present: hasBattery, onMains: acConnected, percent: hasBattery ? percent : null };
  } catch {
    return null;
  }
}

/** Cores, kinds of cores, caches and flags; null where they cannot be asked. */
export async function cpuDetails(): Promise<CpuDetails | null> {
  try {
    const { default: information } = await import("systeminformation");
    const cpu = await information.cpu();
    return {
      vendor: cpu.vendor === "" ? null : cpu.vendor,
      physicalCores: positive(cpu.physicalCores),
      performanceCores: positive(cpu.performanceCores ?? 0),
      efficiencyCores: positive(cpu.efficiencyCores ?? 0),
      cacheBytes: {
        l1d: positive(cpu.cache.l1d),
        l2: positive(cpu.cache.l2),
        l3: positive(cpu.cache.l3),
      },
      instructionSets: selectInstructionSets(cpu.flags.toLowerCase().split(/\s+/)),
    };
  } catch {
    return null;
  }
}

/** systeminformation's word for "not told" is 0 or -1. */
function positive(value: number): number | null {
  return value > 0 ? value : null;
}
