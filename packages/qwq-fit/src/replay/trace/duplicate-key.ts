const QUOTE = 34;
const BACKSLASH = 92;
const COLON = 58;

/** A position behind the string that begins at `from`. */
function behindString(text: string, from: number): number {
  for (let i = from + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === BACKSLASH) i++;
    else if (code === QUOTE) return i + 1;
  }
  return text.length;
}

const isSpace = (code: number): boolean => code === 32 || code === 9 || code === 10 || code === 13;

/** Keys that stand in the text of a JSON value. */
function keysIn(text: string): number {
  let keys = 0;
  for (let i = text.indexOf('"'); i >= 0;) {
    let behind = behindString(text, i);
    while (isSpace(text.charCodeAt(behind))) behind++;
    if (text.charCodeAt(behind) === COLON) keys++;
    i = text.indexOf('"', behind);
  }
  return keys;
}

/** Keys of a parsed value, all levels. */
function keysOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  if (Array.isArray(value)) {
    let keys = 0;
    for (const one of value) keys += keysOf(one);
    return keys;
  }
  let keys = 0;
  for (const one of Object.values(value)) keys += 1 + keysOf(one);
  return keys;
}

/**
 * Whether a key stands twice in one object of this JSON text: `JSON.parse` keeps the last and says nothing. There are then
 * more keys in the text than in the value.
 */
export function hasDuplicateKey(text: string, value: unknown): boolean {
  return keysIn(text) !== keysOf(value);
}
