import { classCharacter } from "./gbnf-text.ts";

interface Branch {
  readonly children: Map<string, Branch>;
  ends: boolean;
}

/** A rule for JSON strings that are none of `names`: the key of a member that is not named. */
export function stringOtherThan(names: readonly string[]): string {
  if (names.length === 0) return "string";
  const root: Branch = { children: new Map(), ends: false };
  for (const name of names) {
    let at = root;
    for (const character of name) {
      let next = at.children.get(character);
      if (next === undefined) {
        next = { children: new Map(), ends: false };
        at.children.set(character, next);
      }
      at = next;
    }
    at.ends = true;
  }
  return `"\\"" (${otherwise(root)})`;
}

/** What may follow a beginning that one of the names shares, up to the closing quote. */
function otherwise(branch: Branch): string {
  const options: string[] = [];
  const taken = [...branch.children.keys()].map(classCharacter).join("");
  // No escapes while the name is still open: they could spell it in another way.
  options.push(`[^"\\\\\\x7F\\x00-\\x1F${taken}] char* "\\""`);
  for (const [character, child] of branch.children) {
    if (character === '"' || character === "\\" || character < " ") continue;
    options.push(`[${classCharacter(character)}] (${otherwise(child)})`);
  }
  if (!branch.ends) options.push(`"\\""`);
  return options.join(" | ");
}
