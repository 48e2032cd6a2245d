import type { CpuProfile } from "@qwq-fit/schema";
import { probeDarwinCpu } from "../apple/darwin-cpu.ts";
import type { ProbePorts } from "../ports/probe-ports.ts";
import { probeWindowsFeatures } from "../windows/windows-features.ts";
import { probeLinuxCpu } from "./linux-cpu.ts";
import { probePortableCpu } from "./portable.ts";

/** The CPU, by the platform's own means. */
export async function probeCpu(ports: ProbePorts): Promise<CpuProfile> {
  switch (ports.platform) {
    case "linux":
      return probeLinuxCpu(ports);
    case "darwin":
      return probeDarwinCpu(ports);
    case "win32":
      return probePortableCpu(ports, await probeWindowsFeatures(ports));
    default:
      return probePortableCpu(ports, null);
  }
}
