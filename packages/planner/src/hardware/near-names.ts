import type { HardwareEntry } from "@qwq-fit/schema";

/** Names offered for one that nobody knows. */
const mostOffered = 5;
/** Share of equal letter pairs below which a name is no help. */
const leastAlike = 0.3;

/** Names are compared without their makers, which a person who mistypes a number leaves out as well. */
const makers = /\b(?:nvidia|geforce|amd|radeon|apple|intel|huawei|qualcomm)\b/g;

const pairs = (text: string): readonly string[] => {
  const plain = text
    .toLowerCase()
    .replaceAll(makers, "")
    .replaceAll(/[^a-z0-9]/g, "");
  return Array.from({ length: Math.max(0, plain.length - 1) }, (_, at) => plain.slice(at, at + 2));
};

/** Sørensen's coefficient over pairs of letters: 0 to 1. */
function alikeness(a: readonly string[], b: readonly string[]): number {
  if (a.length + b.length === 0) return 0;
  const left = [...b];
  let shared = 0;
  for (const pair of a) {
    const at = left.indexOf(pair);
    if (at < 0) continue;
    left.splice(at, 1);
    shared += 1;
  }
  return (2 * shared) / (a.length + b.length);
}

/** Names of the catalogue that look most like `text`, best first. */
export function nearNames(text: string, entries: readonly HardwareEntry[]): readonly string[] {
  const own = pairs(text);
  return entries
    .map((entry) => ({
      name: entry.name,
      score: Math.max(...[entry.name, ...entry.aliases].map((name) => alikeness(own, pairs(name)))),
    }))
    .filter(({ score }) => score >= leastAlike)
    .toSorted((a, b) => b.score - a.score)
    .slice(0, mostOffered)
    .map(({ name }) => name);
}
