import type { HardwareProfile } from "@qwq-fit/schema";
import { warnOfDevices } from "./device/device-warnings.ts";
import { finishDevices } from "./device/finish-devices.ts";
import { probeAccelerators } from "./accelerators/probe-accelerators.ts";
import { probeAmd } from "./amd/probe-amd.ts";
import { probeApple } from "./apple/probe-apple.ts";
import { probeEngines } from "./engines/probe-engines.ts";
import { probeIntel } from "./intel/probe-intel.ts";
import { probeCpu } from "./machine/cpu.ts";
import { probeDisk } from "./machine/disk.ts";
import { warnOfMachine } from "./machine/machine-warnings.ts";
import { probeMemory } from "./machine/memory.ts";
import { probePower } from "./machine/power.ts";
import { probeSystem } from "./machine/system.ts";
import { probeNvidia } from "./nvidia/probe-nvidia.ts";
import { createNodePorts } from "./ports/node-ports.ts";
import type { ProbePorts } from "./ports/probe-ports.ts";
import { createSharedPorts } from "./ports/shared-ports.ts";
import { probeVulkan } from "./vulkan/probe-vulkan.ts";
import { probeWindowsAdapters } from "./windows/probe-windows.ts";

export interface ProbeOptions {
  /** Another machine's ports: a recording, a test. */
  readonly ports?: ProbePorts;
  /** Where models go; the user's cache folder where not said. Its file system's free space is told. */
  readonly modelDirectory?: string;
  /** What the profile is called; "this machine" where not said. */
  readonly label?: string;
}

/**
 * Probes this machine, all parts side by side, each with a time limit. What cannot be probed becomes a warning with its
 * cure; nothing is thrown for a tool that is missing, fails, hangs or prints garbage.
 */
export async function probeHardware(options: ProbeOptions = {}): Promise<HardwareProfile> {
  const ports = createSharedPorts(options.ports ?? createNodePorts());
  const [os, cpu, memory, disk, power, engines, ...outcomes] = await Promise.all([
    probeSystem(ports),
    probeCpu(ports),
    probeMemory(ports),
    probeDisk(ports, options.modelDirectory),
    probePower(ports),
    probeEngines(ports),
    // The most trusted tool first: its figures stand where two saw the same device.
    probeNvidia(ports),
    probeAmd(ports),
    probeIntel(ports),
    probeApple(ports),
    probeAccelerators(ports),
    probeWindowsAdapters(ports),
    probeVulkan(ports),
  ]);
  const devices = await finishDevices(ports, outcomes, memory);
  return {
    schemaVersion: 1,
    label: options.label ?? "this machine",
    os,
    cpu,
    memory,
    devices,
    hostCount: 1,
    disk,
    power,
    priceUsd: null,
    engines,
    warnings: [
      ...warnOfMachine(os, cpu, memory),
      ...(await warnOfDevices(ports, os, devices)),
      ...outcomes.flatMap(({ warnings }) => warnings),
    ],
  };
}
