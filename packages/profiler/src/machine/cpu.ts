import type { CpuProfile } from "@qwq-fit/schema";
import type { ProbePorts } from "../ports/probe-ports.ts";
import { probeLinuxCpu } from "./linux-cpu.ts";

/** The CPU, by the platform's own means. */
export function probeCpu(ports: ProbePorts): Promise<CpuProfile> {
  return probeLinuxCpu(ports);
}
