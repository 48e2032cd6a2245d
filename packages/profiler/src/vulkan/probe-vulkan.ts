import { lookUp } from "../device/look-up.ts";
import {
  ANY_DEVICE,
  createDevice,
  NOTHING,
  type ProbeOutcome,
  type Sighting,
} from "../device/sighting.ts";
import { toolWarning, unreadableWarning } from "../device/tool-warning.ts";
import { vendorOfName, vendorOfPciId } from "../device/vendors.ts";
import { isComputeClass, probePciDevices } from "../pci/pci-devices.ts";
import type { ProbePorts, ToolResult } from "../ports/probe-ports.ts";
import { parseVulkanSummary, type VulkanDevice } from "./parse-vulkaninfo.ts";
import { parseVulkanMemory, type VulkanMemory } from "./vulkan-memory.ts";

const HINT = "run `vulkaninfo --summary` by hand; without it GPUs are known from other tools only";

/** Vulkan devices, by `vulkaninfo`; without that tool, by the drivers' manifests. */
export async function probeVulkan(ports: ProbePorts): Promise<ProbeOutcome> {
  if (ports.platform === "darwin") return NOTHING;
  const result = await runVulkaninfo(ports);
  if (result.kind === "missing") return probeManifests(ports);
  const warning = toolWarning("vulkaninfo", result, HINT);
  if (warning !== null || result.kind !== "ended") {
    const outcome = await probeManifests(ports);
    return { ...outcome, warnings: warning === null ? [] : [warning] };
  }
  const parsed = parseVulkanSummary(result.stdout);
  if (parsed.kind === "unreadable") {
    return { sightings: [], warnings: [unreadableWarning("vulkaninfo", parsed.reason, HINT)] };
  }
  return { sightings: parsed.value.map((device) => sight(device)), warnings: [] };
}

/**
 * The summary; the whole where no GPU is on the bus, since then there are software devices at most, whose heaps only the
 * whole has: one run instead of two. The whole fails where a display is set and cannot be opened.
 */
async function runVulkaninfo(ports: ProbePorts): Promise<ToolResult> {
  if ((await ports.find("vulkaninfo")) === null) return { kind: "missing" };
  const hardware = (await probePciDevices(ports)).some(isComputeClass);
  const whole = hardware ? null : await ports.run("vulkaninfo", []);
  if (whole?.kind === "ended" && whole.stdout.includes("deviceName")) return whole;
  return ports.run("vulkaninfo", ["--summary"]);
}

/**
 * Heaps of Vulkan devices that no other tool knows, by the full `vulkaninfo`, which takes longer and is run only where
 * such a device was seen.
 */
export async function probeVulkanMemory(
  ports: ProbePorts,
): Promise<ReadonlyMap<number, VulkanMemory>> {
  const result = await ports.run("vulkaninfo", []);
  return result.kind === "ended" ? parseVulkanMemory(result.stdout) : new Map();
}

function sight(device: VulkanDevice): Sighting {
  const software = device.type === "cpu";
  return {
    pciId: device.pciId,
    vulkanIndex: device.index,
    device: createDevice({
      id: `vulkan:${device.index}`,
      kind: "gpu",
      vendor: software ? "mesa" : (vendorOfPciId(device.pciId) ?? vendorOfName(device.name)),
      name: device.name,
      backends: ["vulkan"],
      memoryBytes: null,
      memorySource: "vulkaninfo memoryHeaps",
      unified: device.type === "integrated" || software,
      driver: device.driver,
      ...(software ? { software, notes: [SOFTWARE_NOTE] } : {}),
    }),
  };
}

const SOFTWARE_NOTE =
  "computed by the CPU: slower than the CPU backend, good for trying the Vulkan path";

/** Drivers' manifests by the start of their file's name, as Mesa and the vendors install them. */
const MANIFESTS: Readonly<Record<string, string>> = {
  nvidia: "nvidia",
  nouveau: "nvidia",
  radeon: "amd",
  amd: "amd",
  amdvlk: "amd",
  intel: "intel",
  freedreno: "qualcomm",
  asahi: "apple",
  panfrost: "arm",
  lvp: "mesa",
};

/**
 * Without `vulkaninfo`: a manifest says that a driver is there, not for which device. So a manifest gives its vendor's
 * devices the Vulkan backend and makes no device, but for llvmpipe, which needs no hardware.
 */
async function probeManifests(ports: ProbePorts): Promise<ProbeOutcome> {
  if (ports.platform === "win32") return probeWindowsLoader(ports);
  const folders = ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d", "/usr/local/share/vulkan/icd.d"];
  const names = (await Promise.all(folders.map((folder) => ports.listDir(folder)))).flatMap(
    (each) => each ?? [],
  );
  const vendors = new Set(
    names.flatMap((name) => lookUp(MANIFESTS, /^[a-z]+/.exec(name.toLowerCase())?.[0] ?? "") ?? []),
  );
  return { sightings: [...vendors].map(sightManifest), warnings: [] };
}

async function probeWindowsLoader(ports: ProbePorts): Promise<ProbeOutcome> {
  const root = ports.environment("SystemRoot") ?? "C:\\Windows";
  const names = (await ports.listDir(`${root}\\System32`)) ?? [];
  const present = names.some((name) => name.toLowerCase() === "vulkan-1.dll");
  // Every vendor's Windows driver brings its Vulkan driver along.
  const vendors = present ? ["nvidia", "amd", "intel", "qualcomm"] : [];
  return { sightings: vendors.map(sightManifest), warnings: [] };
}

function sightManifest(vendor: string): Sighting {
  const software = vendor === "mesa";
  return {
    pciId: null,
    device: createDevice({
      id: `vulkan:${vendor}`,
      kind: "gpu",
      vendor,
      name: software ? "llvmpipe (software Vulkan)" : ANY_DEVICE,
      backends: ["vulkan"],
      memoryBytes: null,
      memorySource: "unknown: vulkaninfo is not installed",
      ...(software ? { software, unified: true, notes: [SOFTWARE_NOTE] } : {}),
    }),
  };
}
