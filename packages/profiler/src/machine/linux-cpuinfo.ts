import { lookUp } from "../device/look-up.ts";
import { linesOf } from "../device/lines.ts";
import { selectInstructionSets } from "./instruction-sets.ts";

/** What /proc/cpuinfo tells. */
export interface Cpuinfo {
  readonly name: string | null;
  readonly vendor: string | null;
  readonly logicalCores: number;
  /** Null where the file does not tell (ARM). */
  readonly physicalCores: number | null;
  /** "package:core" of each logical CPU by its number, where told. */
  readonly coreOfCpu: ReadonlyMap<number, string>;
  readonly instructionSets: readonly string[];
}

/** ARM's makers by their code (Linux arch/arm64/include/asm/cputype.h). */
const ARM_VENDORS: Readonly<Record<string, string>> = {
  "0x41": "ARM",
  "0x42": "Broadcom",
  "0x43": "Cavium",
  "0x46": "Fujitsu",
  "0x48": "HiSilicon",
  "0x4e": "NVIDIA",
  "0x50": "APM",
  "0x51": "Qualcomm",
  "0x61": "Apple",
  "0x6d": "Microsoft",
  "0x70": "Phytium",
  "0xc0": "Ampere",
};

/** Cores by maker and part (the same header); for the servers and boards on which models are run. */
const ARM_PARTS: Readonly<Record<string, string>> = {
  "0x41:0xd03": "Cortex-A53",
  "0x41:0xd05": "Cortex-A55",
  "0x41:0xd08": "Cortex-A72",
  "0x41:0xd0b": "Cortex-A76",
  "0x41:0xd0c": "Neoverse-N1",
  "0x41:0xd40": "Neoverse-V1",
  "0x41:0xd41": "Cortex-A78",
  "0x41:0xd47": "Cortex-A710",
  "0x41:0xd49": "Neoverse-N2",
  "0x41:0xd4d": "Cortex-A715",
  "0x41:0xd4e": "Cortex-X3",
  "0x41:0xd4f": "Neoverse-V2",
  "0x41:0xd80": "Cortex-A520",
  "0x41:0xd81": "Cortex-A720",
  "0x41:0xd82": "Cortex-X4",
  "0x41:0xd84": "Neoverse-V3",
  "0x41:0xd85": "Cortex-X925",
  "0x41:0xd87": "Cortex-A725",
  "0x48:0xd01": "Kunpeng 920 (TaiShan v110)",
  "0x48:0xd02": "TaiShan v120",
  "0x51:0x001": "Oryon",
  "0xc0:0xac3": "Ampere-1",
  "0xc0:0xac4": "Ampere-1A",
};

const DIGITS = /^\d{1,5}$/;

/** Reads /proc/cpuinfo of x86, ARM, RISC-V and LoongArch kernels; whatever is not told is null or empty. */
export function parseCpuinfo(text: string): Cpuinfo {
  const coreOfCpu = new Map<number, string>();
  const first = new Map<string, string>();
  let cpu: number | null = null;
  let packageId = "0";
  let logicalCores = 0;
  for (const line of linesOf(text)) {
    const colon = line.indexOf(":");
    if (colon < 0) continue;
    const key = line.slice(0, colon).trim();
    const value = line.slice(colon + 1).trim();
    if (key === "processor" && DIGITS.test(value)) {
      cpu = Number(value);
      packageId = "0";
      logicalCores++;
    } else if (key === "physical id") packageId = value;
    else if (key === "core id" && cpu !== null) coreOfCpu.set(cpu, `${packageId}:${value}`);
    if (!first.has(key)) first.set(key, value);
  }
  const implementer = first.get("CPU implementer");
  const part = lookUp(ARM_PARTS, `${implementer ?? ""}:${first.get("CPU part") ?? ""}`);
  const flags = first.get("flags") ?? first.get("Features") ?? "";
  return {
    name: first.get("model name") ?? first.get("Model Name") ?? part ?? null,
    vendor: first.get("vendor_id") ?? lookUp(ARM_VENDORS, implementer ?? "") ?? null,
    logicalCores,
    physicalCores: coreOfCpu.size === logicalCores ? countCores(coreOfCpu) : null,
    coreOfCpu,
    instructionSets: selectInstructionSets(flags.split(/\s+/)),
  };
}

function countCores(coreOfCpu: ReadonlyMap<number, string>): number | null {
  return coreOfCpu.size === 0 ? null : new Set(coreOfCpu.values()).size;
}
