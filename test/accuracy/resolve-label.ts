import { type ResolvedHardware, resolveHardware } from "../../packages/planner/src/index.ts";
import { nearNames } from "../../packages/planner/src/hardware/near-names.ts";
import type { Catalog, HardwareProfile } from "../../packages/schema/src/index.ts";

/** The hardware of a label, and what it was taken for where the label was not read as it stands. */
export interface ReadLabel {
  readonly hardware: HardwareProfile;
  readonly takenAs: string | null;
}

/** Series of processors whose members of one platform have the same memory. */
const processor =
  /\b(?:cpu|ryzen|core\s+(?:ultra\s+\d\s+)?i?\d|xeon|epyc|threadripper|altra|ampereone|graviton|celeron)\b/i;

/** Runs of a label's words, longest first: "Orange Pi 5 Plus RK3588" ends at "RK3588". */
const runsOf = (label: string): readonly string[] => {
  const words = label.split(/[\s/]+/).filter((word) => word !== "");
  const runs: string[] = [];
  for (let length = words.length - 1; length > 0; length -= 1) {
    for (let start = 0; start + length <= words.length; start += 1) {
      const run = words.slice(start, start + length).join(" ");
      // "7" or "12GB" alone is no name
      if (/[a-z]+-?\d|\d+[a-z]/i.test(run.replaceAll(/\b\d+\s?[gt]i?b\b/gi, ""))) runs.push(run);
    }
  }
  return runs;
};

const spellings = (label: string): readonly string[] => {
  const inner = /\((.+)\)/.exec(label)?.[1];
  const outer = label.replace(/\(.+\)/, " ");
  const plain = outer.replaceAll(/\b\d+\s?[gt]i?b\b/gi, " ").replaceAll(/\bcpu\b/gi, " ");
  // a size that is not sold has the same chip: "RTX 2060 12GB"
  return [...(inner === undefined ? [] : [inner, outer]), plain, ...runsOf(plain)];
};

/**
 * The hardware of a label: as it stands, else without what it says in brackets, or by that alone ("… HX 370
 * (Radeon 890M)"), without its size of memory, by the longest run of its words that names one device; of a
 * processor that nobody lists, the one whose name is nearest. Null where nothing in it is known.
 */
export function readHardwareLabel(
  label: string,
  catalog: Catalog,
): ReadLabel | Exclude<ResolvedHardware, { kind: "resolved" }> {
  const whole = resolveHardware(label, catalog);
  if (whole.kind === "resolved") return { hardware: whole.hardware, takenAs: null };
  const [only, ...others] = whole.kind === "ambiguous" ? whole.candidates : [];
  const processors = catalog.hardware.filter(({ kind }) => kind === "cpu");
  const names = [
    ...(only !== undefined && others.length === 0 ? [only] : []),
    ...spellings(label),
    ...(processor.test(label) ? nearNames(label, processors).slice(0, 1) : []),
  ];
  for (const name of names) {
    const found = resolveHardware(name, catalog);
    if (found.kind === "resolved") return { hardware: found.hardware, takenAs: name.trim() };
  }
  return whole;
}
