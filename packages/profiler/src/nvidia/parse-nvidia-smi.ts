import { linesOf } from "../device/lines.ts";
import type { DeviceProcess } from "@qwq-fit/schema";
import {
  createDevice,
  HOST_MEMORY,
  normalizePciAddress,
  type Parsed,
  type Sighting,
} from "../device/sighting.ts";
import { parseCount, parseSize } from "../device/sizes.ts";
import { findElement, parseXml, textAt, type XmlElement } from "./xml.ts";

/** What `nvidia-smi -q -x` tells, whatever the driver's schema (nvsmi_device_v4 to v13). */
export interface NvidiaReport {
  readonly sightings: readonly Sighting[];
  /** Cards in MIG mode that have no slice: nothing can run on them. */
  readonly emptyMigCards: readonly string[];
  /** The document ended before its end: there may be more cards. */
  readonly cut: boolean;
}

/**
 * Reads `nvidia-smi -q -x`. A card in MIG mode stands for its slices, since CUDA opens only those. A card without a
 * memory total (GB10, Jetson: "N/A") shares the machine's memory: `unified`, sizes null.
 */
export function parseNvidiaSmi(text: string): Parsed<NvidiaReport> {
  const log = findElement(parseXml(text), "nvidia_smi_log");
  if (log === null) return { kind: "unreadable", reason: "no nvidia_smi_log element" };
  const gpus = log.children.filter((child) => child.name === "gpu");
  const whole = gpus.filter((gpu) => gpu.closed);
  if (whole.length === 0 && gpus.length > 0) {
    return { kind: "unreadable", reason: "the output ends inside the first GPU" };
  }
  const driver = textAt(log, "driver_version");
  const sightings: Sighting[] = [];
  const emptyMigCards: string[] = [];
  for (const [index, gpu] of whole.entries()) {
    const card = readCard(gpu, index, driver);
    if (textAt(gpu, "mig_mode", "current_mig") !== "Enabled") sightings.push(card);
    else {
      const slices = readSlices(gpu, card);
      if (slices.length === 0) emptyMigCards.push(card.device.name);
      sightings.push(...slices);
    }
  }
  return { kind: "parsed", value: { sightings, emptyMigCards, cut: !log.closed } };
}

function readCard(gpu: XmlElement, index: number, driver: string | null): Sighting {
  // Drivers before 320 call it memory_usage.
  const usage = findElement(gpu, "fb_memory_usage") ?? findElement(gpu, "memory_usage") ?? gpu;
  const memoryBytes = parseSize(textAt(usage, "total") ?? "");
  const address =
    textAt(gpu, "pci", "pci_bus_id") ?? /id="([^"]*)"/.exec(gpu.attributes)?.[1] ?? "";
  const notes: string[] = [];
  if (textAt(gpu, "ecc_mode", "current_ecc") === "Enabled") {
    notes.push("ECC is on: the size is what ECC leaves");
  }
  if (textAt(gpu, "driver_model", "current_dm") === "WDDM") {
    notes.push("WDDM: Windows moves what does not fit to shared memory, many times slower");
  }
  if (memoryBytes === null) notes.push("nvidia-smi gives no memory size: unified with the host");
  return {
    pciId: readPciId(textAt(gpu, "pci", "pci_device_id")),
    device: createDevice({
      id: `nvidia:${index}`,
      kind: "gpu",
      vendor: "nvidia",
      name: textAt(gpu, "product_name") ?? "NVIDIA GPU",
      backends: ["cuda"],
      memoryBytes,
      freeBytes: parseSize(textAt(usage, "free") ?? ""),
      unified: memoryBytes === null,
      memorySource: memoryBytes === null ? HOST_MEMORY : "nvidia-smi fb_memory_usage",
      driver,
      pciAddress: normalizePciAddress(address),
      processes: readProcesses(gpu, null),
      notes,
    }),
  };
}

function readSlices(gpu: XmlElement, card: Sighting): readonly Sighting[] {
  const slices = findElement(gpu, "mig_devices")?.children ?? [];
  return slices
    .filter((slice) => slice.name === "mig_device")
    .map((slice, order) => {
      const index = parseCount(textAt(slice, "index")) ?? order;
      return {
        pciId: card.pciId,
        device: {
          ...card.device,
          id: `${card.device.id}:${index}`,
          name: `${card.device.name} MIG ${index}`,
          memoryBytes: parseSize(textAt(slice, "fb_memory_usage", "total") ?? ""),
          freeBytes: parseSize(textAt(slice, "fb_memory_usage", "free") ?? ""),
          unified: false,
          memorySource: "nvidia-smi mig_device fb_memory_usage",
          processes: readProcesses(gpu, textAt(slice, "gpu_instance_id")),
          notes: ["a MIG slice: CUDA opens one slice in a process", ...card.device.notes],
        },
      };
    });
}

/** "221610DE" (device, then vendor) as "10de:2216"; null for an id that was blanked out. */
function readPciId(text: string | null): string | null {
  const device = /^(?:0x)?([0-9a-f]{4})10de$/i.exec(text ?? "")?.[1];
  return device === undefined ? null : `10de:${device.toLowerCase()}`;
}

function readProcesses(gpu: XmlElement, instance: string | null): readonly DeviceProcess[] {
  const processes = findElement(gpu, "processes")?.children ?? [];
  return processes
    .filter((each) => each.name === "process_info")
    .filter((each) => instance === null || textAt(each, "gpu_instance_id") === instance)
    .slice(0, 256)
    .flatMap((each): DeviceProcess[] => {
      const pid = parseCount(textAt(each, "pid"));
      if (pid === null) return [];
      const memoryBytes = parseSize(textAt(each, "used_memory") ?? "");
      return [{ pid, name: programName(textAt(each, "process_name") ?? "unknown"), memoryBytes }];
    });
}

/** The program's own name: no folders, no arguments, which may hold secrets. */
export function programName(commandLine: string): string {
  const program = /^(.*?)(?: --?[\w-].*)?$/s.exec(commandLine)?.[1] ?? commandLine;
  const name = program.split(/[/\\]/).at(-1) ?? program;
  return name.trim().slice(0, 80) || "unknown";
}

/** `nvidia-smi -L`: profile names of MIG slices, "MIG 1g.10gb", by card and slice number. */
export function parseMigProfiles(text: string): ReadonlyMap<string, string> {
  const profiles = new Map<string, string>();
  let card: string | null = null;
  for (const line of linesOf(text)) {
    card = /^GPU (\d{1,4}):/.exec(line)?.[1] ?? card;
    const slice = /^\s+MIG (\S{1,40})\s+Device\s+(\d{1,4}):/.exec(line);
    if (card !== null && slice !== null) profiles.set(`nvidia:${card}:${slice[2]}`, slice[1] ?? "");
  }
  return profiles;
}

/** `nvidia-smi --query-gpu=index,compute_cap --format=csv,noheader`: "0, 8.9" by device id. */
export function parseComputeCapabilities(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const line of linesOf(text)) {
    const match = /^\s*(\d{1,4})\s*,\s*(\d{1,2}\.\d{1,2})\s*$/.exec(line);
    if (match !== null) found.set(`nvidia:${match[1]}`, match[2] ?? "");
  }
  return found;
}
