import type { ChipGroup } from "../../packages/planner/src/speed/speed-coefficients.ts";
import type { HardwareEntry } from "../../packages/schema/src/index.ts";
import { integerOpsOf } from "./integer-ops.ts";

/** Families with high-bandwidth memory. */
const stacked = /hbm|hopper|volta|cdna|gcn5|ascend-910/;
const stackedCards = new Set(["nvidia-b200", "nvidia-b300"]);
/** Cards whose GDDR memory has error correction, on by default, which costs bandwidth. */
const corrected = /^nvidia-(?:a2|a10g?|a16|a40|l4|l20|l40s?|t4|p40|tesla-m40|tesla-k80)$/;

const memoryOf = (entry: HardwareEntry): string => {
  if (entry.kind === "cpu") return "ddr";
  if (entry.unified) return "unified";
  if (stacked.test(entry.family) || stackedCards.has(entry.id)) return "hbm";
  return corrected.test(entry.id) ? "gddr-ecc" : "gddr";
};

/** How the speed model groups every device of the catalogue. */
export function chipGroups(
  hardware: readonly HardwareEntry[],
): Readonly<Record<string, ChipGroup>> {
  const devices = hardware.filter(({ kind }) => kind !== "machine" && kind !== "instance");
  return Object.fromEntries(
    devices.map((entry) => [
      entry.id,
      {
        vendor: entry.vendor,
        family: entry.family,
        memory: memoryOf(entry),
        watts: entry.unified || entry.kind === "cpu" ? null : (entry.loadWatts?.value ?? null),
        integerOps: entry.kind === "cpu" ? null : integerOpsOf(entry),
        flops: entry.tensorFp16Flops?.value ?? entry.shaderFp16Flops?.value ?? null,
      },
    ]),
  );
}
