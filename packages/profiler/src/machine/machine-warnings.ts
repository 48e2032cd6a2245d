import {
  GiB,
  type CpuProfile,
  type MemoryProfile,
  type OperatingSystem,
  type ProbeWarning,
} from "@qwq-fit/schema";

/** What a user should know of the machine itself, with the cure. */
export function warnOfMachine(
  os: OperatingSystem,
  cpu: CpuProfile,
  memory: MemoryProfile,
): readonly ProbeWarning[] {
  const warnings: ProbeWarning[] = [];
  const limitGiB = (memory.limitBytes / GiB).toFixed(1);
  if (os.rosetta) {
    warnings.push({
      code: "rosetta",
      message: "this Node is an Intel program on an Apple chip, translated and without Metal",
      hint: "install Node for arm64",
    });
  }
  if (os.wsl !== null) {
    warnings.push({
      code: "wsl_memory",
      message: `WSL ${os.wsl} sees ${limitGiB} GiB: a part of the machine's memory unless it was raised`,
      hint: "set memory= under [wsl2] in %UserProfile%\\.wslconfig and run `wsl --shutdown`",
    });
  }
  if (os.platform === "win32" && os.architecture === "x64") {
    const known = cpu.instructionSets.length > 0;
    if (!known || cpu.instructionSets.includes("avx512f")) {
      warnings.push({
        code: "cpu_features_unknown",
        message: known
          ? "Windows tells AVX-512 and not which of its parts (VNNI, BF16) the CPU has"
          : "the CPU's instruction sets could not be read",
        hint: "speeds on the CPU are predicted without them; `qwq-fit rehearse` measures",
      });
    }
  }
  if (memory.limitSource !== "machine") {
    warnings.push({
      code: "memory_limited",
      message: `a control group allows ${limitGiB} of ${(memory.totalBytes / GiB).toFixed(1)} GiB (${memory.limitSource})`,
      hint: "raise the container's memory limit, or plan within it",
    });
  }
  if (memory.totalBytes === 0) {
    warnings.push({
      code: "memory_unknown",
      message: "the size of the memory could not be read",
      hint: "state it, or record the machine again",
    });
  }
  return warnings;
}
