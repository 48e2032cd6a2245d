import type { HardwareEntry } from "@qwq-fit/schema";

import { type LabelPart, readPart } from "./label-words.ts";
import { fillerWords, optionalWords, variantWords } from "./name-words.ts";

/** A device of the catalogue that a label may mean. */
export interface EntryMatch {
  readonly entry: HardwareEntry;
  /** Words of the label that its name accounts for: more is closer. */
  readonly explained: number;
  /** The size of memory that the label means, or the first that is sold; null where it is not said. */
  readonly memoryBytes: number | null;
}

/** Sizes are named by marketing and by tools, which differ by what firmware keeps: 44 of 48 GB, 80 of 79.6. */
const sizeTolerance = 0.12;

const near = (a: number, b: number): boolean => Math.abs(a - b) <= sizeTolerance * Math.max(a, b);

/** The size in which an entry is sold that is meant by `bytes`; null where there is none. */
export function soldSize(entry: HardwareEntry, bytes: number): number | null {
  const sizes = entry.memoryBytes.flatMap((size) =>
    entry.chipsPerCard > 1 ? [size, size / entry.chipsPerCard] : [size],
  );
  if (sizes.length === 0) return bytes;
  const best = sizes.toSorted((a, b) => Math.abs(a - bytes) - Math.abs(b - bytes))[0];
  return best !== undefined && near(best, bytes) ? best : null;
}

/** The positions in `atoms` that a name takes, or null where a word of it that matters is missing. */
function positionsOf(
  name: readonly string[],
  atoms: readonly string[],
): ReadonlySet<number> | null {
  const used = new Set<number>();
  let matters = false;
  for (const [at, word] of name.entries()) {
    const free = atoms.findIndex((atom, index) => atom === word && !used.has(index));
    // "m" and "4" of "M4" must stand together: the word after the one that was found before
    const previous = [...used].at(-1);
    const tied =
      at > 0 && /^\d/.test(word) !== /^\d/.test(name[at - 1] ?? "") && previous !== undefined;
    const next =
      tied && atoms[previous + 1] === word && !used.has(previous + 1) ? previous + 1 : free;
    if (next < 0) {
      if (optionalWords.has(word)) continue;
      return null;
    }
    if (!optionalWords.has(word)) matters = true;
    used.add(next);
  }
  return matters ? used : null;
}

const unexplained = (atoms: readonly string[], used: ReadonlySet<number>): readonly string[] =>
  atoms.filter((_, index) => !used.has(index));

/** Whether what a name leaves of a label could name another product. */
const contradicts = (rest: readonly string[]): boolean =>
  rest.some((word) => variantWords.has(word) || /^\d/.test(word) || !fillerWords.has(word));

/** Every name of an entry as its words. */
const nameParts = (entry: HardwareEntry): readonly LabelPart[] =>
  [entry.name, ...entry.aliases].map(readPart);

function matchEntry(entry: HardwareEntry, part: LabelPart): EntryMatch | null {
  let best: EntryMatch | null = null;
  for (const name of nameParts(entry)) {
    const used = positionsOf(name.atoms, part.atoms);
    if (used === null || contradicts(unexplained(part.atoms, used))) continue;
    const asked = part.hostMemory ? null : part.memoryBytes;
    if (asked !== null && name.memoryBytes !== null && !near(asked, name.memoryBytes)) continue;
    const size = asked === null ? name.memoryBytes : soldSize(entry, asked);
    if (asked !== null && size === null) continue;
    if (best === null || used.size > best.explained) {
      best = { entry, explained: used.size, memoryBytes: size };
    }
  }
  return best;
}

/** The entries that account for most of a label; several where it does not tell them apart. */
export function matchEntries(
  part: LabelPart,
  entries: readonly HardwareEntry[],
): readonly EntryMatch[] {
  const matches = entries.map((entry) => matchEntry(entry, part)).filter((match) => match !== null);
  const most = Math.max(0, ...matches.map(({ explained }) => explained));
  return matches.filter(({ explained }) => explained === most);
}

/** Entries whose names hold all words of a label that matter, though the label is too short to be one of them. */
export function widerEntries(
  part: LabelPart,
  entries: readonly HardwareEntry[],
): readonly HardwareEntry[] {
  const words = part.atoms.filter((atom) => !optionalWords.has(atom));
  if (words.length === 0) return [];
  return entries.filter((entry) => {
    if (
      part.memoryBytes !== null &&
      !part.hostMemory &&
      soldSize(entry, part.memoryBytes) === null
    ) {
      return false;
    }
    return nameParts(entry).some(({ atoms }) => words.every((word) => atoms.includes(word)));
  });
}
