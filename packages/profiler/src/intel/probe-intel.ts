import { createDevice, HOST_MEMORY, type ProbeOutcome, type Sighting } from "../device/sighting.ts";
import { parseCount } from "../device/sizes.ts";
import { toolWarning } from "../device/tool-warning.ts";
import { isComputeClass, probePciDevices, type PciDevice } from "../pci/pci-devices.ts";
import { readPciName } from "../pci/pci-names.ts";
import type { ProbePorts } from "../ports/probe-ports.ts";
import { parseXpuSmi } from "./parse-xpu-smi.ts";

/** Intel GPUs: names and sizes by xpu-smi, sizes and integrated GPUs by sysfs. */
export async function probeIntel(ports: ProbePorts): Promise<ProbeOutcome> {
  const [tool, sysfs] = await Promise.all([probeXpuSmi(ports), probeIntelSysfs(ports)]);
  const told = new Set(tool.sightings.map(({ device }) => device.pciAddress));
  const sizes = new Map(sysfs.map((each) => [each.device.pciAddress, each.device]));
  const sightings = tool.sightings.map((each) => {
    const own = sizes.get(each.device.pciAddress);
    if (each.device.memoryBytes !== null || own === undefined) return each;
    const { memoryBytes, memorySource, unified } = own;
    return { ...each, device: { ...each.device, memoryBytes, memorySource, unified } };
  });
  const others = sysfs.filter(({ device }) => !told.has(device.pciAddress));
  return { sightings: [...sightings, ...others], warnings: tool.warnings };
}

async function probeXpuSmi(ports: ProbePorts): Promise<ProbeOutcome> {
  const result = await ports.run("xpu-smi", ["discovery", "-j"]);
  if (result.kind !== "ended") {
    const warning = toolWarning("xpu-smi", result, "Intel GPUs are then known by the kernel alone");
    return { sightings: [], warnings: warning === null ? [] : [warning] };
  }
  const parsed = parseXpuSmi(result.stdout);
  // Another maker's tool has this name too: what is not Intel's output is no fault.
  if (parsed.kind === "unreadable") return { sightings: [], warnings: [] };
  const sightings = await Promise.all(
    parsed.value.map(async (sighting) => {
      if (sighting.device.memoryBytes !== null) return sighting;
      const id = sighting.device.id.slice("intel:".length);
      const one = await ports.run("xpu-smi", ["discovery", "-d", id, "-j"]);
      const details = one.kind === "ended" ? parseXpuSmi(one.stdout) : null;
      const found = details?.kind === "parsed" ? details.value : [];
      return found.find(({ device }) => device.id === sighting.device.id) ?? sighting;
    }),
  );
  return { sightings, warnings: [] };
}

/** GPUs that i915 or xe runs. One without memory of its own is integrated and shares the machine's. */
async function probeIntelSysfs(ports: ProbePorts): Promise<readonly Sighting[]> {
  const devices = (await probePciDevices(ports)).filter(
    (each) => each.id.startsWith("8086:") && isComputeClass(each),
  );
  const sightings = await Promise.all(
    devices.map(async (each, index): Promise<Sighting[]> => {
      if (each.folder === null || (each.driver !== "i915" && each.driver !== "xe")) return [];
      const memoryBytes = await readLocalMemory(ports, each);
      return [
        {
          pciId: each.id,
          device: createDevice({
            id: `intel:${each.address || index}`,
            kind: "gpu",
            vendor: "intel",
            name: await nameIntel(ports, each, memoryBytes !== null),
            backends: [],
            memoryBytes,
            memorySource: memoryBytes === null ? HOST_MEMORY : `${each.driver} local memory`,
            unified: memoryBytes === null,
            driver: each.driver,
            pciAddress: each.address,
          }),
        },
      ];
    }),
  );
  return sightings.flat();
}

async function nameIntel(ports: ProbePorts, device: PciDevice, local: boolean): Promise<string> {
  const name = await readPciName(ports, device.id);
  if (name !== null) return /^intel/i.test(name) ? name : `Intel ${name}`;
  return `Intel GPU ${device.id}${local ? "" : " (integrated)"}`;
}

/** xe: tiles' physical_vram_size_bytes; i915: lmem_total_bytes of the card. Null where neither is there. */
async function readLocalMemory(ports: ProbePorts, { folder }: PciDevice): Promise<number | null> {
  const entries = (await ports.listDir(folder ?? "")) ?? [];
  const tiles = entries.filter((name) => /^tile\d$/.test(name));
  const sizes = await Promise.all(
    tiles.map(async (tile) =>
      parseCount(await ports.readFile(`${folder}/${tile}/physical_vram_size_bytes`)),
    ),
  );
  const told = sizes.filter((size) => size !== null && size > 0);
  if (told.length > 0) return told.reduce((sum, size) => (sum ?? 0) + (size ?? 0), 0);
  const cards = ((await ports.listDir(`${folder}/drm`)) ?? []).filter((name) =>
    name.startsWith("card"),
  );
  for (const card of cards) {
    const bytes = parseCount(await ports.readFile(`${folder}/drm/${card}/lmem_total_bytes`));
    if (bytes !== null && bytes > 0) return bytes;
  }
  return null;
}
