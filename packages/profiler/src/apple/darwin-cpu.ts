import { lookUp } from "../device/look-up.ts";
import type { CpuProfile } from "@qwq-fit/schema";
import { selectInstructionSets } from "../machine/instruction-sets.ts";
import type { ProbePorts } from "../ports/probe-ports.ts";
import { probeSysctl, sysctlNumber, type SysctlValues } from "./sysctl.ts";

/** The CPU of a Mac. */
export async function probeDarwinCpu(ports: ProbePorts): Promise<CpuProfile> {
  return readDarwinCpu(await probeSysctl(ports), ports);
}

/** `hw.perflevel0` are the performance cores, `hw.perflevel1` the efficiency cores (sysctl(3), macOS 12 on). */
export function readDarwinCpu(
  values: SysctlValues,
  { facts }: Pick<ProbePorts, "facts">,
): CpuProfile {
  const number = (...names: readonly string[]): number | null =>
    names.map((name) => sysctlNumber(values, name)).find((each) => each !== null && each > 0) ??
    null;
  const logicalCores = number("hw.logicalcpu", "hw.ncpu") ?? (facts.cpuModels.length || 1);
  const performanceCores = number("hw.perflevel0.physicalcpu");
  const efficiencyCores = number("hw.perflevel1.physicalcpu");
  const hybrid = performanceCores !== null && efficiencyCores !== null;
  const apple = values.get("hw.optional.arm64") === "1";
  return {
    name: values.get("machdep.cpu.brand_string") ?? facts.cpuModels[0] ?? "unknown",
    vendor: apple ? "Apple" : (values.get("machdep.cpu.vendor") ?? "unknown"),
    physicalCores: number("hw.physicalcpu") ?? logicalCores,
    logicalCores,
    usableCores: logicalCores,
    performanceCores: hybrid ? performanceCores : null,
    efficiencyCores: hybrid ? efficiencyCores : null,
    cacheBytes: {
      l1d: number("hw.perflevel0.l1dcachesize", "hw.l1dcachesize"),
      l2: number("hw.perflevel0.l2cachesize", "hw.l2cachesize"),
      l3: number("hw.perflevel0.l3cachesize", "hw.l3cachesize"),
    },
    instructionSets: selectInstructionSets(readFlags(values, apple)),
    bandwidthBytesPerSecond: null,
  };
}

/** Intel's flags as macOS spells them, where the spelling is not just Linux's in capitals. */
const INTEL_FLAGS: Readonly<Record<string, string>> = {
  "SSE4.2": "sse4_2",
  "AVX1.0": "avx",
  AVX512VNNI: "avx512_vnni",
  AVX512VBMI: "avx512vbmi",
};

function readFlags(values: SysctlValues, apple: boolean): readonly string[] {
  if (apple) {
    const features = [...values].filter(
      ([name, value]) => name.startsWith("hw.optional.arm.FEAT_") && value === "1",
    );
    // Every ARMv8 core has NEON; macOS has no FEAT_ name for it.
    return ["neon", ...features.map(([name]) => name.slice("hw.optional.arm.".length))];
  }
  const flags = ["machdep.cpu.features", "machdep.cpu.leaf7_features"]
    .flatMap((name) => (values.get(name) ?? "").split(/\s+/))
    .filter((flag) => flag !== "");
  return flags.map((flag) => lookUp(INTEL_FLAGS, flag) ?? flag.toLowerCase());
}
