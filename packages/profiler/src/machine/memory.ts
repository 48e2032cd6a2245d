import type { MemoryProfile } from "@qwq-fit/schema";
import type { ProbePorts } from "../ports/probe-ports.ts";
import { probeLinuxMemory } from "./linux-memory.ts";

/** Memory and its real limit, by the platform's own means. */
export function probeMemory(ports: ProbePorts): Promise<MemoryProfile> {
  return probeLinuxMemory(ports);
}
