import type { ProbeWarning } from "@qwq-fit/schema";
import { createDevice, type ProbeOutcome, type Sighting } from "../device/sighting.ts";
import { isComputeClass, probePciDevices, type PciDevice } from "../pci/pci-devices.ts";
import type { ProbePorts } from "../ports/probe-ports.ts";
import { BUS_VENDORS, type BusVendor } from "./bus-vendors.ts";

/**
 * Accelerators that no tool told of, by PCI id and device node: their presence, without a memory size, marked
 * `unverified`. `told` are the vendors whose tool answered; those are left alone.
 */
export async function probeBus(
  ports: ProbePorts,
  told: ReadonlySet<string>,
): Promise<ProbeOutcome> {
  if (ports.platform !== "linux") return { sightings: [], warnings: [] };
  const pci = await probePciDevices(ports);
  const outcomes = await Promise.all(
    BUS_VENDORS.filter(({ vendor }) => !told.has(vendor)).map((vendor) =>
      probeVendor(ports, vendor, pci),
    ),
  );
  return {
    sightings: outcomes.flatMap(({ sightings }) => sightings),
    warnings: outcomes.flatMap(({ warnings }) => warnings),
  };
}

async function probeVendor(
  ports: ProbePorts,
  vendor: BusVendor,
  pci: readonly PciDevice[],
): Promise<ProbeOutcome> {
  const onBus = pci.filter((device) => isOf(vendor, device));
  const nodes = await countNodes(ports, vendor);
  const sightings = Array.from({ length: Math.max(onBus.length, nodes) }, (_, index) =>
    sight(vendor, onBus[index], index),
  );
  if (sightings.length === 0) return { sightings, warnings: [] };
  const warning: ProbeWarning = {
    code: "accelerator_unverified",
    message: `${sightings.length} ${vendor.vendor} device(s) are there and \`${vendor.tool}\` did not tell of them`,
    hint: `install the driver's \`${vendor.tool}\` and see that it runs; the memory size is unknown without it`,
  };
  return { sightings, warnings: [warning] };
}

function isOf(vendor: BusVendor, device: PciDevice): boolean {
  if (!vendor.pciVendors.includes(device.id.slice(0, 4))) return false;
  if (vendor.notDevices.includes(device.id)) return false;
  return vendor.names[device.id] !== undefined || isComputeClass(device);
}

async function countNodes(ports: ProbePorts, vendor: BusVendor): Promise<number> {
  const counts = await Promise.all(
    vendor.nodes.map(async ({ folder, name }) => {
      const names = (await ports.listDir(folder)) ?? [];
      return names.filter((each) => name.test(each)).length;
    }),
  );
  return Math.max(0, ...counts);
}

function sight(vendor: BusVendor, device: PciDevice | undefined, index: number): Sighting {
  const title = `${vendor.vendor.charAt(0).toUpperCase()}${vendor.vendor.slice(1)}`;
  return {
    pciId: device?.id ?? null,
    device: createDevice({
      id: `${vendor.vendor}:${index}`,
      kind: vendor.kind,
      vendor: vendor.vendor,
      name:
        vendor.names[device?.id ?? ""] ?? device?.name ?? `${title} ${vendor.kind.toUpperCase()}`,
      backends: vendor.backend === null ? [] : [vendor.backend],
      memoryBytes: null,
      memorySource: `unknown: ${vendor.tool} did not tell`,
      driver: device?.driver ?? null,
      pciAddress: device?.address ?? null,
      unverified: true,
      notes: ["seen by PCI id or device node only"],
    }),
  };
}
