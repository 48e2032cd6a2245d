/** Follows a JSON object as its text comes. */
export interface BraceCounter {
  /** Where the object ends in this piece (the place behind its last brace), or null while it goes on. */
  push(text: string): number | null;
}

/** A counter for one object, whose first brace is in the first piece. Braces inside strings do not count. */
export function createBraceCounter(): BraceCounter {
  let depth = 0;
  let quoted = false;
  let escaped = false;
  return {
    push: (text) => {
      for (let index = 0; index < text.length; index += 1) {
        const character = text[index];
        if (escaped) escaped = false;
        else if (quoted) {
          if (character === "\\") escaped = true;
          else if (character === '"') quoted = false;
        } else if (character === '"') quoted = true;
        else if (character === "{" || character === "[") depth += 1;
        else if (character === "}" || character === "]") {
          depth -= 1;
          if (depth === 0) return index + 1;
        }
      }
      return null;
    },
  };
}
