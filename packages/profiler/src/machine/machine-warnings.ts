import { GiB, type MemoryProfile, type OperatingSystem, type ProbeWarning } from "@qwq-fit/schema";

/** What a user should know of the machine itself, with the cure. */
export function warnOfMachine(os: OperatingSystem, memory: MemoryProfile): readonly ProbeWarning[] {
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
