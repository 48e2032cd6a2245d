import { GiB } from "@qwq-fit/schema";

/** A label cut into pieces that can be compared. */
export interface LabelPart {
  /** Lower case, cut between letters and digits: "RTX4090" is `rtx`, `4090`. */
  readonly atoms: readonly string[];
  /** How many, from "2x" or "dual"; two counts ("2x 8x 910B") are hosts and devices. */
  readonly counts: readonly number[];
  readonly memoryBytes: number | null;
  /** The memory is said to be the machine's: "64GB RAM". */
  readonly hostMemory: boolean;
}

const countWords: Readonly<Record<string, number>> = { dual: 2, twin: 2, triple: 3, quad: 4 };
const memoryUnits: Readonly<Record<string, number>> = {
  g: GiB,
  gb: GiB,
  gib: GiB,
  tb: 1024 * GiB,
  tib: 1024 * GiB,
};
const hostWords = new Set(["ram", "ddr", "dram", "host", "system"]);
const coreWords = new Set(["c", "core", "cores"]);
/** Words that make the number before them no part of a name: "12-thread", "50 %", "2 dev". */
const measureWords = new Set([
  "thread",
  "threads",
  "dev",
  "devices",
  "percent",
  "w",
  "watt",
  "ghz",
  "mhz",
]);
/** Above this "910 c" is a name, not cores. */
const mostCores = 256;
/** A count above this is part of a name: "7900xtx", "1684x". */
const mostCounted = 64;

interface Atom {
  readonly text: string;
  /** Stood right behind the one before: the "10" of "A10G". */
  readonly glued: boolean;
  /** Stood behind a space, or first. */
  readonly apart: boolean;
}

/** Letters and digits (with one point) as words of their own; everything else separates. */
function atomsOf(text: string): readonly Atom[] {
  const plain = text
    .toLowerCase()
    .replaceAll("×", "x")
    .replaceAll("%", " percent ")
    .replaceAll(/\b(\d{1,2})x(?=[a-z])/g, "$1 x ")
    .replaceAll("laptop-class", " ")
    .replaceAll(/\bmac(mini|studio|pro)\b/gu, "mac $1");
  return [...plain.matchAll(/\d+(?:\.\d+)?|\p{Letter}+/gu)].map((match, index, all) => {
    const before = all[index - 1];
    const end = before === undefined ? -1 : before.index + before[0].length;
    const apart = match.index === 0 || plain[match.index - 1] === " ";
    return { text: match[0], glued: end === match.index, apart };
  });
}

const isNumber = (atom: Atom | undefined): atom is Atom =>
  atom !== undefined && /^\d/.test(atom.text);

/** What a number and the word behind it say together, where it is not part of a name. */
function measureOf(number: Atom, unit: Atom | undefined): "memory" | "ignored" | null {
  if (number.glued || unit === undefined) return null;
  if (memoryUnits[unit.text] !== undefined) return "memory";
  if (coreWords.has(unit.text)) return Number(number.text) <= mostCores ? "ignored" : null;
  return measureWords.has(unit.text) ? "ignored" : null;
}

/** One part of a label, without its counts, sizes and other measures. */
export function readPart(text: string): LabelPart {
  const atoms: string[] = [];
  const counts: number[] = [];
  let memoryBytes: number | null = null;
  let hostMemory = false;
  const all = atomsOf(text);
  for (let index = 0; index < all.length; index += 1) {
    const [atom, next, after] = [all[index], all[index + 1], all[index + 2]];
    if (atom === undefined) break;
    const value = Number(atom.text);
    const measure = isNumber(atom) ? measureOf(atom, next) : null;
    if (measure !== null) {
      if (measure === "memory") memoryBytes ??= value * (memoryUnits[next?.text ?? ""] ?? GiB);
      index += 1;
    } else if (isNumber(atom) && next?.text === "x" && value <= mostCounted && atoms.length === 0) {
      counts.push(value);
      index += 1;
    } else if (
      isNumber(next) &&
      after === undefined &&
      atom.text === "x" &&
      atom.apart &&
      Number(next.text) <= mostCounted
    ) {
      counts.push(Number(next.text));
      index += 1;
    } else if (atom.text === "tp" && isNumber(next)) index += 1;
    else if (countWords[atom.text] !== undefined) counts.push(countWords[atom.text] ?? 1);
    else if (hostWords.has(atom.text)) {
      hostMemory = true;
      if (atom.text === "ddr" && isNumber(next)) index += 1;
    } else atoms.push(atom.text);
  }
  return { atoms, counts, memoryBytes, hostMemory };
}

/** The parts of a label: "2x RTX 3090 + 64GB RAM" has two. A plus sign within a name ("Max+ 395") does not separate. */
export const readLabel = (label: string): readonly LabelPart[] =>
  label
    .split(/\s\+\s|[,;&]|\s(?:and|with|plus)\s/u)
    .map(readPart)
    .filter((part) => part.atoms.length > 0 || part.memoryBytes !== null);
