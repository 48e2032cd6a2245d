import type { Explanation, HardwareProfile, SourcedNumber } from "@qwq-fit/schema";

function figure(quantity: string, value: SourcedNumber | null): Explanation[] {
  if (value === null) return [];
  const inputs = { value: value.value, unverified: value.unverified === true };
  return [{ quantity, formula: "as read", inputs, source: value.source }];
}

/** Where the figures of a machine were read. */
export function explainHardware({
  cpu,
  memory,
  devices,
  power,
  priceUsd,
}: HardwareProfile): Explanation[] {
  return [
    {
      quantity: "memory that can be used",
      formula: "the tightest of machine, container and control groups",
      inputs: {
        totalBytes: memory.totalBytes,
        limitBytes: memory.limitBytes,
        availableBytes: memory.availableBytes,
      },
      source: memory.limitSource,
    },
    ...figure("bandwidth of the CPU's memory, bytes/s", cpu.bandwidthBytesPerSecond),
    ...devices.flatMap((device) => [
      {
        quantity: `memory of ${device.id}`,
        formula: "as read",
        inputs: {
          memoryBytes: device.memoryBytes,
          freeBytes: device.freeBytes,
          unverified: device.unverified,
        },
        source: device.memorySource,
      },
      ...figure(`bandwidth of ${device.id}, bytes/s`, device.bandwidthBytesPerSecond),
      ...figure(`fp16 throughput of ${device.id}, operations/s`, device.tensorFp16Flops),
    ]),
    ...figure("power under load, watts", power.loadWatts),
    ...figure("price, USD", priceUsd),
  ];
}
