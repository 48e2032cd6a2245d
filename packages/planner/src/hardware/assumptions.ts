import { GiB, type HardwareEntry } from "@qwq-fit/schema";

/** What is assumed of a machine that is only named. */
export interface Assumed {
  /** Of a PC or server around named cards. */
  readonly hostMemoryBytes: number;
  readonly physicalCores: number;
  readonly logicalCores: number;
  readonly instructionSets: readonly string[];
  readonly appleInstructionSets: readonly string[];
  readonly armInstructionSets: readonly string[];
  /** Catalogue entry whose memory bandwidth an unnamed CPU has. */
  readonly cpuEntry: string;
}

/** Each of these is told in the profile's warnings where it is used. */
export const assumed: Assumed = {
  hostMemoryBytes: 32 * GiB,
  physicalCores: 8,
  logicalCores: 16,
  instructionSets: ["avx", "avx2", "f16c", "fma", "bmi2"],
  appleInstructionSets: ["neon", "dotprod", "i8mm", "bf16"],
  armInstructionSets: ["neon", "dotprod"],
  cpuEntry: "desktop-cpu-dual-channel-ddr5-5600",
};

/** What the system and idle programs hold: an eighth of the memory, at most 4 GiB. A rule of thumb, unverified. */
export const idleSystemBytes = (totalBytes: number): number => Math.min(totalBytes / 8, 4 * GiB);

/**
 * Metal's working set: two thirds of the memory up to 36 GiB, three quarters above. From memory,
 * unverified; newer systems of 16 GiB allow a little more. A probe reads the real one.
 */
export const metalWorkingSetBytes = (totalBytes: number): number =>
  Math.floor(totalBytes <= 36 * GiB ? (totalBytes * 2) / 3 : (totalBytes * 3) / 4);

/**
 * What a device that shares the machine's memory may take of it: Metal's working set, half of it through
 * amdgpu's and i915's translation tables (Linux drivers/gpu/drm/ttm: half of the pages by default), all
 * of it on NVIDIA's Tegra and Grace chips.
 */
export function sharedDeviceBytes(entry: HardwareEntry, totalBytes: number): number {
  if (entry.vendor === "Apple") return metalWorkingSetBytes(totalBytes);
  if (entry.vendor === "NVIDIA") return totalBytes;
  return Math.floor(totalBytes / 2);
}
