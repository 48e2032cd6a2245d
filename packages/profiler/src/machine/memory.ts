import type { MemoryProfile } from "@qwq-fit/schema";
import { probeDarwinMemory } from "../apple/darwin-memory.ts";
import type { ProbePorts } from "../ports/probe-ports.ts";
import { probeLinuxMemory } from "./linux-memory.ts";
import { readPortableMemory } from "./portable.ts";

/** Memory and its real limit, by the platform's own means. */
export async function probeMemory(ports: ProbePorts): Promise<MemoryProfile> {
  if (ports.platform === "linux") return probeLinuxMemory(ports);
  return ports.platform === "darwin" ? probeDarwinMemory(ports) : readPortableMemory(ports);
}
