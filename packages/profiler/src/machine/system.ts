import { lookUp } from "../device/look-up.ts";
import type { OperatingSystem } from "@qwq-fit/schema";
import { probeDarwinSystem } from "../apple/darwin-system.ts";
import type { ProbePorts } from "../ports/probe-ports.ts";
import { probeLinuxSystem } from "./linux-system.ts";
import { readPortableSystem } from "./portable.ts";

const PLATFORMS: Readonly<Record<string, OperatingSystem["platform"]>> = {
  linux: "linux",
  darwin: "darwin",
  win32: "win32",
  freebsd: "freebsd",
};

const ARCHITECTURES: Readonly<Record<string, OperatingSystem["architecture"]>> = {
  x64: "x64",
  arm64: "arm64",
  riscv64: "riscv64",
  loong64: "loong64",
};

/** The operating system, and what it runs in. */
export async function probeSystem(ports: ProbePorts): Promise<OperatingSystem> {
  return {
    platform: lookUp(PLATFORMS, ports.platform) ?? "other",
    architecture: lookUp(ARCHITECTURES, ports.architecture) ?? "other",
    ...(await probeParticulars(ports)),
  };
}

async function probeParticulars(
  ports: ProbePorts,
): Promise<Omit<OperatingSystem, "platform" | "architecture">> {
  if (ports.platform === "linux") return probeLinuxSystem(ports);
  return ports.platform === "darwin" ? probeDarwinSystem(ports) : readPortableSystem(ports);
}
