import type { DeviceProfile, HardwareProfile } from "@qwq-fit/schema";
import type { Text } from "../text/text.ts";
import { gib } from "./numbers.ts";
import { joinPhrases } from "./sheet.ts";

/** A share of the machine's memory; a limit this near to the whole is not worth a word. */
const SAME = 0.999;

function deviceLine(device: DeviceProfile, count: number, text: Text): string {
  const { memoryBytes, freeBytes } = device;
  const size =
    memoryBytes === null
      ? null
      : text.deviceMemory(gib(memoryBytes), gib(freeBytes ?? memoryBytes));
  return joinPhrases([
    count > 1 ? `${count} × ${device.name}` : device.name,
    ...(size === null ? [] : [size]),
    ...(device.unified && device.software !== true ? [text.unified] : []),
    ...(device.software === true ? [text.software] : []),
    ...(device.unverified ? [text.unverified] : []),
  ]);
}

/** Each thing that looks like no earlier one, with how many look so. */
function countEqual<T>(things: readonly T[], look: (thing: T) => string): [T, number][] {
  const found = new Map<string, [T, number]>();
  for (const thing of things) {
    const key = look(thing);
    found.set(key, [found.get(key)?.[0] ?? thing, (found.get(key)?.[1] ?? 0) + 1]);
  }
  return [...found.values()];
}

/** The machine in two or three lines: processor, memory with its real limit, devices. */
export function machineLines(hardware: HardwareProfile, text: Text): string[] {
  const { cpu, memory, devices } = hardware;
  const limited = memory.limitBytes < memory.totalBytes * SAME;
  return [
    `${cpu.name} · ${text.cores(cpu.physicalCores, cpu.usableCores)}`,
    joinPhrases([
      text.memoryFree(gib(memory.totalBytes), gib(memory.availableBytes)),
      ...(limited ? [text.memoryLimit(gib(memory.limitBytes), memory.limitSource)] : []),
    ]),
    ...(devices.length === 0 ? [text.noGpu] : []),
    ...countEqual(devices, (device) => deviceLine(device, 1, text)).map(([device, count]) =>
      deviceLine(device, count, text),
    ),
  ];
}
