import type { DeviceProfile, MemoryProfile } from "@qwq-fit/schema";
import type { ProbePorts } from "../ports/probe-ports.ts";
import { probeVulkanMemory } from "../vulkan/probe-vulkan.ts";
import { mergeSightings } from "./merge-sightings.ts";
import { soundBytes } from "./sizes.ts";
import { ANY_DEVICE, HOST_MEMORY, type ProbeOutcome, type Sighting } from "./sighting.ts";

/** The outcomes of all probes, the most trusted first, as the devices of a profile. */
export async function finishDevices(
  ports: ProbePorts,
  outcomes: readonly ProbeOutcome[],
  memory: MemoryProfile,
): Promise<readonly DeviceProfile[]> {
  const merged = mergeSightings(outcomes.map(({ sightings }) => sightings)).filter(
    ({ device }) => device.name !== ANY_DEVICE,
  );
  const measured = await addVulkanMemory(ports, merged);
  return withUniqueIds(measured.map(({ device }) => boundBytes(shareHostMemory(device, memory))));
}

/**
 * Heaps for devices whose size no other tool told. An integrated GPU that shares the machine's memory has less than all of
 * it in Vulkan, as its driver decides; NVIDIA's unified chips are used through CUDA, which has no such limit.
 */
async function addVulkanMemory(
  ports: ProbePorts,
  sightings: readonly Sighting[],
): Promise<readonly Sighting[]> {
  if (!sightings.some(wantsVulkanMemory)) return sightings;
  const heaps = await probeVulkanMemory(ports);
  return sightings.map((sighting) => {
    const heap = heaps.get(sighting.vulkanIndex ?? -1);
    if (!wantsVulkanMemory(sighting) || heap === undefined) return sighting;
    const memorySource = "vulkaninfo memoryHeaps";
    return { ...sighting, device: { ...sighting.device, ...heap, memorySource } };
  });
}

function wantsVulkanMemory({ device, vulkanIndex }: Sighting): boolean {
  return vulkanIndex !== undefined && device.memoryBytes === null && device.vendor !== "nvidia";
}

/**
 * A device that shares the machine's memory may use what the machine may where its tool said so (`HOST_MEMORY`), and has
 * free at most what the machine has free.
 */
function shareHostMemory(device: DeviceProfile, memory: MemoryProfile): DeviceProfile {
  if (!device.unified || device.software === true) return device;
  if (device.memorySource === HOST_MEMORY && device.memoryBytes === null) {
    return { ...device, memoryBytes: memory.limitBytes, freeBytes: memory.availableBytes };
  }
  if (device.memoryBytes === null || device.freeBytes !== null) return device;
  return { ...device, freeBytes: Math.min(device.memoryBytes, memory.availableBytes) };
}

/** Sizes that are sizes: whole, not above what a number holds exactly, and no more free than there is. */
function boundBytes(device: DeviceProfile): DeviceProfile {
  const memoryBytes = soundBytes(device.memoryBytes);
  const free = soundBytes(device.freeBytes);
  return {
    ...device,
    memoryBytes,
    freeBytes: free === null || memoryBytes === null ? free : Math.min(free, memoryBytes),
    processes: device.processes.map((each) => ({
      ...each,
      memoryBytes: soundBytes(each.memoryBytes),
    })),
  };
}

/** A tool that gives two devices one number must not make one device of them further on. */
function withUniqueIds(devices: readonly DeviceProfile[]): readonly DeviceProfile[] {
  const counts = new Map<string, number>();
  return devices.map((device) => {
    const before = counts.get(device.id) ?? 0;
    counts.set(device.id, before + 1);
    return before === 0 ? device : { ...device, id: `${device.id}#${before + 1}` };
  });
}
