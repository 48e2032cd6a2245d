/** A text without case and punctuation. */
function plain(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9.]+/gu, " ");
}

/** The things of which every word of `search` stands in one of their names; all where nothing is searched. */
export function matching<T>(
  search: readonly string[],
  things: readonly T[],
  namesOf: (thing: T) => readonly string[],
): T[] {
  const words = plain(search.join(" "))
    .split(" ")
    .filter((word) => word !== "");
  return things.filter((thing) => {
    const names = namesOf(thing).map(plain).join(" ");
    return words.every((word) => names.includes(word));
  });
}
