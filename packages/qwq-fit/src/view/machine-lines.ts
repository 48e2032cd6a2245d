import type { DeviceProfile, HardwareProfile } from "@qwq-fit/schema";
import type { Text } from "../text/text.ts";
import { gib } from "./numbers.ts";

/** A share of the machine's memory; a limit this near to the whole is not worth a word. */
const SAME = 0.999;

function deviceLine(device: DeviceProfile, text: Text): string {
  const { memoryBytes, freeBytes } = device;
  const size =
    memoryBytes === null
      ? null
      : text.deviceMemory(gib(memoryBytes), gib(freeBytes ?? memoryBytes));
  return [
    device.name,
    ...(size === null ? [] : [size]),
    ...(device.unified ? [text.unified] : []),
    ...(device.unverified ? [text.unverified] : []),
  ].join(" · ");
}

/** The machine in two or three lines: processor, memory with its real limit, devices. */
export function machineLines(hardware: HardwareProfile, text: Text): string[] {
  const { cpu, memory, devices } = hardware;
  const limited = memory.limitBytes < memory.totalBytes * SAME;
  return [
    `${cpu.name} · ${text.cores(cpu.physicalCores, cpu.usableCores)}`,
    [
      text.memoryFree(gib(memory.totalBytes), gib(memory.availableBytes)),
      ...(limited ? [text.memoryLimit(gib(memory.limitBytes), memory.limitSource)] : []),
    ].join(" · "),
    ...(devices.length === 0 ? [text.noGpu] : devices.map((device) => deviceLine(device, text))),
  ];
}
