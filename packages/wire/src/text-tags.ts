/** The first of the tags in `text` at or after `from`, or null. Of two at one place the longer wins. */
export function findTag(
  text: string,
  tags: readonly string[],
  from = 0,
): { readonly at: number; readonly tag: string } | null {
  let best: { at: number; tag: string } | null = null;
  for (const tag of tags) {
    const at = text.indexOf(tag, from);
    if (at === -1) continue;
    if (best === null || at < best.at || (at === best.at && tag.length > best.tag.length)) {
      best = { at, tag };
    }
  }
  return best;
}

/** How many characters at the end of `text` may be the start of one of the tags. */
export function heldForTags(text: string, tags: readonly string[]): number {
  let held = 0;
  for (const tag of tags) {
    const most = Math.min(tag.length - 1, text.length);
    for (let length = most; length > held; length -= 1) {
      if (text.endsWith(tag.slice(0, length))) {
        held = length;
        break;
      }
    }
  }
  return held;
}

/** How many characters at the end of `text` are white space. */
export function trailingSpace(text: string): number {
  return text.length - text.trimEnd().length;
}
