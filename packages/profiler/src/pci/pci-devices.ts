import { linesOf } from "../device/lines.ts";
import type { ProbePorts } from "../ports/probe-ports.ts";

/** A device on the PCI bus. */
export interface PciDevice {
  /** "0000:01:00.0". */
  readonly address: string;
  /** "10de:2684". */
  readonly id: string;
  /** Class and subclass, "0300" for a VGA controller, "1200" for an accelerator. */
  readonly deviceClass: string;
  /** Kernel driver, where sysfs tells it. */
  readonly driver: string | null;
  /** Folder of its files in sysfs, where it was found there. */
  readonly folder: string | null;
  /** Name by the system's own table, where `lspci` told it. */
  readonly name: string | null;
}

const PCI_FOLDER = "/sys/bus/pci/devices";
const DRM_FOLDER = "/sys/class/drm";
/** Functions of the largest servers seen are some hundreds. */
const MAX_DEVICES = 4096;

/** Devices of the PCI bus: sysfs, then the graphics cards' folders, then `lspci`. */
export async function probePciDevices(ports: ProbePorts): Promise<readonly PciDevice[]> {
  if (ports.platform !== "linux") return [];
  const addresses = (await ports.listDir(PCI_FOLDER)) ?? [];
  const onBus = await readFolders(
    ports,
    addresses.map((address) => `${PCI_FOLDER}/${address}`),
  );
  if (onBus.length > 0) return onBus;
  const cards = ((await ports.listDir(DRM_FOLDER)) ?? []).filter((name) => /^card\d+$/.test(name));
  const graphics = await readFolders(
    ports,
    cards.map((card) => `${DRM_FOLDER}/${card}/device`),
  );
  if (graphics.length > 0) return graphics;
  const listed = await ports.run("lspci", ["-Dnn"]);
  return listed.kind === "ended" ? parseLspci(listed.stdout) : [];
}

async function readFolders(
  ports: ProbePorts,
  folders: readonly string[],
): Promise<readonly PciDevice[]> {
  const devices = await Promise.all(
    folders.slice(0, MAX_DEVICES).map(async (folder) => {
      const uevent = await ports.readFile(`${folder}/uevent`);
      return uevent === null ? null : parsePciUevent(uevent, folder);
    }),
  );
  return devices.filter((device) => device !== null);
}

/** A PCI device's `uevent`: DRIVER, PCI_CLASS (30000 for 03 00 00), PCI_ID, PCI_SLOT_NAME. */
export function parsePciUevent(text: string, folder: string): PciDevice | null {
  const value = (key: string): string =>
    new RegExp(`^${key}=(.{1,80})$`, "m").exec(text)?.[1]?.trim().toLowerCase() ?? "";
  const id = value("PCI_ID");
  if (!/^[0-9a-f]{4}:[0-9a-f]{4}$/.test(id)) return null;
  return {
    address: value("PCI_SLOT_NAME"),
    id,
    deviceClass: value("PCI_CLASS").padStart(6, "0").slice(0, 4),
    driver: value("DRIVER") || null,
    folder,
    name: null,
  };
}

/** `lspci -nn`: "0000:01:00.0 VGA compatible controller [0300]: NVIDIA Corporation AD102 [GeForce RTX 4090] [10de:2684]". */
export function parseLspci(text: string): readonly PciDevice[] {
  return linesOf(text)
    .slice(0, MAX_DEVICES)
    .flatMap((line): PciDevice[] => {
      const match =
        /^([0-9a-f:.]{7,12}) .{1,60}? \[([0-9a-f]{4})\]: (.{0,300}) \[([0-9a-f]{4}:[0-9a-f]{4})\]/i.exec(
          line,
        );
      if (match === null) return [];
      const [, address = "", deviceClass = "", name = "", id = ""] = match;
      return [
        {
          address: address.length === 7 ? `0000:${address}` : address,
          id: id.toLowerCase(),
          deviceClass,
          driver: null,
          folder: null,
          name,
        },
      ];
    });
}

/** Display controllers (class 03) and processing accelerators (class 12). */
export function isComputeClass({ deviceClass }: PciDevice): boolean {
  return deviceClass.startsWith("03") || deviceClass.startsWith("12");
}
