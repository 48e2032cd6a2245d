import { parseCount } from "../device/sizes.ts";
import { isComputeClass, probePciDevices } from "../pci/pci-devices.ts";
import { readPciName } from "../pci/pci-names.ts";
import type { ProbePorts } from "../ports/probe-ports.ts";
import { emptyCard, type AmdCard } from "./amd-card.ts";

/** Cards that the amdgpu driver runs, from sysfs: no tool is needed for these figures. */
export async function probeAmdSysfs(ports: ProbePorts): Promise<readonly AmdCard[]> {
  const devices = (await probePciDevices(ports)).filter(
    (device) => device.id.startsWith("1002:") && isComputeClass(device),
  );
  const cards = await Promise.all(
    devices.map(async ({ address, driver, folder, id, name }, index): Promise<AmdCard[]> => {
      if (folder === null || driver !== "amdgpu") return [];
      const read = async (file: string): Promise<string | null> =>
        (await ports.readFile(`${folder}/${file}`))?.trim() ?? null;
      const [vram, vramUsed, gtt, gttUsed, vendor, product] = await Promise.all([
        read("mem_info_vram_total"),
        read("mem_info_vram_used"),
        read("mem_info_gtt_total"),
        read("mem_info_gtt_used"),
        read("mem_info_vram_vendor"),
        read("product_name"),
      ]);
      return [
        {
          ...emptyCard(index),
          name: product === null || product === "" ? name : product,
          pciId: id,
          pciAddress: address,
          vramBytes: parseCount(vram),
          vramUsedBytes: parseCount(vramUsed),
          gttBytes: parseCount(gtt),
          gttUsedBytes: parseCount(gttUsed),
          vramVendor: vendor === null || vendor === "" || vendor === "unknown" ? null : vendor,
        },
      ];
    }),
  );
  return cards.flat();
}

/** Names for cards that no tool named, by their PCI ids. */
export function nameCards(
  ports: ProbePorts,
  cards: readonly AmdCard[],
): Promise<readonly AmdCard[]> {
  return Promise.all(
    cards.map(async (card) =>
      card.name !== null || card.pciId === null
        ? card
        : { ...card, name: await readPciName(ports, card.pciId) },
    ),
  );
}
