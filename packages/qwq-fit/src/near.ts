/** Edits (insert, delete, replace, swap of neighbours) from `a` to `b`. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min(
        (row[j - 1] ?? 0) + 1,
        (last[j] ?? 0) + 1,
        (last[j - 1] ?? 0) + (same ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, (before[j - 2] ?? 0) + 1);
      }
      row.push(best);
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

/** Longest name that is compared; a longer one is a mistake of another kind. */
const MAX_LENGTH = 80;

/**
 * The candidates that `word` may have meant, nearest first: those that begin with it or contain it, or lie within
 * two edits, or three for words of eight letters and more.
 */
export function near(word: string, candidates: readonly string[], limit = 3): string[] {
  const plain = word.toLowerCase().slice(0, MAX_LENGTH);
  const reach = plain.length >= 8 ? 3 : 2;
  return candidates
    .map((name) => {
      const other = name.toLowerCase();
      const inside =
        (plain.length >= 3 && other.includes(plain)) ||
        (plain.length >= 2 && other.startsWith(plain));
      return { name, edits: inside ? 0.5 : distance(plain, other) };
    })
    .filter(({ edits }) => edits <= Math.min(reach, Math.max(1, plain.length - 2)))
    .toSorted((a, b) => a.edits - b.edits)
    .slice(0, limit)
    .map(({ name }) => name);
}
