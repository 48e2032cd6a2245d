import { GiB, MiB } from "@qwq-fit/schema";
import { createDevice, type Sighting } from "../device/sighting.ts";

/** One AMD (or Hygon) card as one source tells it; null for what it does not tell. */
export interface AmdCard {
  readonly vendor: "amd" | "hygon";
  readonly index: number;
  readonly name: string | null;
  readonly pciId: string | null;
  readonly pciAddress: string | null;
  readonly vramBytes: number | null;
  readonly vramUsedBytes: number | null;
  /** Host memory that the GPU may map. */
  readonly gttBytes: number | null;
  readonly gttUsedBytes: number | null;
  /** "gfx1151". */
  readonly target: string | null;
  readonly driver: string | null;
  /** Sysfs tells the maker of VRAM chips; an APU has none. */
  readonly vramVendor: string | null;
  /** ROCm sees it. */
  readonly rocm: boolean;
}

/** A card of which only its place is known. */
export function emptyCard(index: number): AmdCard {
  return {
    vendor: "amd",
    index,
    name: null,
    pciId: null,
    pciAddress: null,
    vramBytes: null,
    vramUsedBytes: null,
    gttBytes: null,
    gttUsedBytes: null,
    target: null,
    driver: null,
    vramVendor: null,
    rocm: false,
  };
}

/** GPUs inside a processor, by target (LLVM's AMDGPUUsage, "Processors", type APU). */
const APU_TARGETS: ReadonlySet<string> = new Set([
  "gfx902",
  "gfx909",
  "gfx90c",
  "gfx1013",
  "gfx1033",
  "gfx1035",
  "gfx1036",
  "gfx1103",
  "gfx1150",
  "gfx1151",
  "gfx1152",
  "gfx1153",
]);

/**
 * Whether the GPU is inside a processor. By target where known; else, as Ollama's discovery does, by a small carve-out
 * under a large GTT and no maker of VRAM chips.
 */
export function isApu(card: AmdCard): boolean {
  if (card.target !== null) return APU_TARGETS.has(card.target);
  if (card.vramVendor !== null) return false;
  const { vramBytes, gttBytes } = card;
  if (gttBytes === null) return false;
  return (vramBytes ?? 0) <= 4 * GiB && gttBytes >= 8 * GiB && gttBytes >= 4 * (vramBytes ?? 0);
}

function inMiB(bytes: number | null): string {
  return bytes === null ? "unknown" : `${Math.round(bytes / MiB)} MiB`;
}

type Pool = Pick<
  Sighting["device"],
  "memoryBytes" | "freeBytes" | "unified" | "memorySource" | "notes"
>;

/**
 * The memory that an engine may use. A discrete card has its VRAM; GTT is host memory and is not counted. On an APU the
 * kernel gives compute the larger of carve-out and GTT (Linux 8b0d068e7dd1 and 759e764f7d58):
 * a large GTT shares the machine's memory, a large carve-out (a BIOS setting) has left it. `ttm.pages_limit` caps GTT.
 */
export function choosePool(card: AmdCard, ttmLimitBytes: number | null): Pool {
  const { vramBytes, vramUsedBytes } = card;
  const gttBytes =
    card.gttBytes === null ? null : Math.min(card.gttBytes, ttmLimitBytes ?? card.gttBytes);
  const notes = isApu(card)
    ? [`carve-out ${inMiB(vramBytes)}, GTT ${inMiB(gttBytes)}: compute uses the larger`]
    : [];
  if (isApu(card) && gttBytes !== null && gttBytes > (vramBytes ?? 0)) {
    return {
      memoryBytes: gttBytes,
      freeBytes: card.gttUsedBytes === null ? null : Math.max(0, gttBytes - card.gttUsedBytes),
      unified: true,
      memorySource: "GTT, host memory that the GPU may map",
      notes,
    };
  }
  return {
    // 0 is what a BIOS on "Auto" tells of a carve-out that it makes as needed.
    memoryBytes: vramBytes === 0 ? null : vramBytes,
    freeBytes:
      vramBytes === null || vramUsedBytes === null ? null : Math.max(0, vramBytes - vramUsedBytes),
    unified: false,
    memorySource: isApu(card) ? "carve-out of the machine's memory" : "VRAM total",
    notes,
  };
}

/** The card as a device. */
export function createAmdSighting(card: AmdCard, ttmLimitBytes: number | null): Sighting {
  const hygon = card.vendor === "hygon";
  const rocm = hygon ? "dtk" : "rocm";
  const pool = choosePool(card, ttmLimitBytes);
  return {
    pciId: card.pciId,
    device: createDevice({
      id: `${card.vendor}:${card.index}`,
      kind: "gpu",
      vendor: card.vendor,
      name: card.name ?? `${hygon ? "Hygon DCU" : "AMD GPU"} ${card.pciId ?? ""}`.trim(),
      backends: card.rocm ? [rocm] : [],
      ...pool,
      driver: card.driver,
      computeCapability: card.target,
      pciAddress: card.pciAddress,
    }),
  };
}

/** One card of each real one, though several sources tell of it: by address, else by order. The first source's values stand. */
export function joinCards(lists: readonly (readonly AmdCard[])[]): readonly AmdCard[] {
  const joined: AmdCard[] = [];
  for (const list of lists) {
    const known = joined.length;
    const taken = new Set<number>();
    for (const card of list) {
      const match = joined.findIndex(
        (other, at) => at < known && !taken.has(at) && sameCard(card, other),
      );
      const other = joined[match];
      if (other === undefined) joined.push({ ...card, index: joined.length });
      else {
        taken.add(match);
        joined[match] = fillCard(other, card);
      }
    }
  }
  return joined;
}

function sameCard(one: AmdCard, other: AmdCard): boolean {
  if (one.pciAddress !== null && other.pciAddress !== null) {
    return one.pciAddress === other.pciAddress;
  }
  return one.pciId === null || other.pciId === null || one.pciId === other.pciId;
}

function fillCard(first: AmdCard, second: AmdCard): AmdCard {
  return {
    vendor: first.vendor === "hygon" ? "hygon" : second.vendor,
    index: first.index,
    name: first.name ?? second.name,
    pciId: first.pciId ?? second.pciId,
    pciAddress: first.pciAddress ?? second.pciAddress,
    vramBytes: first.vramBytes ?? second.vramBytes,
    vramUsedBytes: first.vramUsedBytes ?? second.vramUsedBytes,
    gttBytes: first.gttBytes ?? second.gttBytes,
    gttUsedBytes: first.gttUsedBytes ?? second.gttUsedBytes,
    target: first.target ?? second.target,
    driver: first.driver ?? second.driver,
    vramVendor: first.vramVendor ?? second.vramVendor,
    rocm: first.rocm || second.rocm,
  };
}
