import { createHash } from "node:crypto";
import type { HardwareProfile } from "@qwq-fit/schema";

/**
 * A name for this machine as far as speed goes: processor, memory, devices and their drivers. A measurement of another
 * machine, or from before a driver changed, has another and counts no more. Nothing of it tells whose machine it is.
 */
export function machineOf(hardware: HardwareProfile): string {
  const { cpu, memory, devices, os } = hardware;
  const facts = [
    os.platform,
    os.architecture,
    cpu.name,
    cpu.usableCores,
    cpu.instructionSets.toSorted(),
    // Firmware keeps a changing little of it back.
    Math.round(memory.totalBytes / 2 ** 28),
    devices.map(({ name, driver, memoryBytes }) => [name, driver, memoryBytes]),
  ];
  return createHash("sha256").update(JSON.stringify(facts)).digest("hex").slice(0, 16);
}

/** Drivers of the devices, for the record. */
export function driverOf(hardware: HardwareProfile): string | null {
  const drivers = hardware.devices.flatMap(({ driver }) => (driver === null ? [] : [driver]));
  return drivers.length === 0 ? null : [...new Set(drivers)].join(", ");
}
