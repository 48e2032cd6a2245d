/** A literal of llama.cpp's grammar language. */
export function literal(text: string): string {
  let out = '"';
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (character === '"' || character === "\\") out += `\\${character}`;
    else if (code < 0x20 || code === 0x7f) out += `\\x${code.toString(16).padStart(2, "0")}`;
    else out += character;
  }
  return `${out}"`;
}

/** One character as it stands in a class of the grammar language. */
export function classCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if ('\\]^-["'.includes(character) || code < 0x20 || code === 0x7f) {
    return code > 0xff ? character : `\\x${code.toString(16).padStart(2, "0")}`;
  }
  return character;
}

const HEX = "[0-9a-fA-F]";

/** Rules that every JSON grammar here may use. Surrogates are never written alone: `\uD83D` would be no text. */
export const BASE_RULES: Readonly<Record<string, string>> = {
  ws: `(" " | "\\n" [ \\t]{0,20})?`,
  char: `[^"\\\\\\x7F\\x00-\\x1F] | "\\\\" (["\\\\bfnrt/] | "u" ([0-9a-cA-CeEfF] ${HEX}{3} | [dD] [0-7] ${HEX}{2}))`,
  string: `"\\"" char* "\\""`,
  boolean: `"true" | "false"`,
  null: `"null"`,
};
