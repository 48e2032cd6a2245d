import { classCharacter, literal } from "./gbnf-text.ts";

/** llama.cpp refuses longer repetitions (v0.5.0 src/llama-grammar.cpp, MAX_REPETITION_THRESHOLD). */
const MAX_REPETITION = 2000;

/**
 * A regular expression as a grammar rule for the inside of a JSON string; null where it holds what a grammar cannot say
 * (look-around, back-references, `\b`) or what a JSON string would write with an escape. What is not anchored may have any
 * characters around it.
 */
export function patternRule(pattern: string): string | null {
  if (!isPattern(pattern)) return null;
  const anchoredStart = pattern.startsWith("^");
  const anchoredEnd = /(?:^|[^\\])(?:\\\\)*\$$/u.test(pattern);
  const inner = pattern.slice(anchoredStart ? 1 : 0, anchoredEnd ? -1 : undefined);
  // `^a|b$` anchors each side once; that is not what the two ends here mean.
  const parser = new PatternParser(inner);
  const rule = parser.alternatives();
  if (rule === null || !parser.atEnd) return null;
  if ((anchoredStart || anchoredEnd) && parser.topAlternatives > 1) return null;
  return `${anchoredStart ? "" : "char* "}(${rule})${anchoredEnd ? "" : " char*"}`;
}

const CLASSES: Readonly<Record<string, string>> = { d: "0-9", w: "a-zA-Z0-9_", s: " " };
const NEGATED: Readonly<Record<string, string>> = { D: "0-9", W: "a-zA-Z0-9_", S: " " };
/** What a JSON string cannot hold as it is. */
const OUTSIDE = `"\\\\\\x7F\\x00-\\x1F`;

class PatternParser {
  topAlternatives = 0;
  readonly #characters: readonly string[];
  #at = 0;

  constructor(pattern: string) {
    this.#characters = Array.from(pattern);
  }

  get atEnd(): boolean {
    return this.#at >= this.#characters.length;
  }

  alternatives(depth = 0): string | null {
    const options: string[] = [];
    for (;;) {
      const sequence = this.#sequence(depth);
      if (sequence === null) return null;
      options.push(sequence);
      if (!this.#take("|")) break;
    }
    if (depth === 0) this.topAlternatives = options.length;
    return options.join(" | ");
  }

  #sequence(depth: number): string | null {
    const parts: string[] = [];
    const ends = depth > 0 ? ["|", ")"] : ["|"];
    while (!this.atEnd && !ends.includes(this.#peek())) {
      const atom = this.#atom(depth);
      if (atom === null) return null;
      const repeated = this.#repeated(atom);
      if (repeated === null) return null;
      parts.push(repeated);
    }
    return parts.length === 0 ? `""` : parts.join(" ");
  }

  #atom(depth: number): string | null {
    const character = this.#next();
    switch (character) {
      case "(": {
        if (this.#peek() === "?") {
          this.#next();
          if (!this.#take(":")) return null;
        }
        const inner = this.alternatives(depth + 1);
        return inner !== null && this.#take(")") ? `(${inner})` : null;
      }
      case "[":
        return this.#class();
      case "\\":
        return this.#escape();
      case ".":
        return `[^${OUTSIDE}]`;
      case "^":
      case "$":
      case "*":
      case "+":
      case "?":
      case "{":
      case ")":
      case '"':
        return null;
      default:
        return character < " " ? null : literal(character);
    }
  }

  #escape(): string | null {
    const character = this.#next();
    const set = CLASSES[character];
    if (set !== undefined) return `[${set}]`;
    const negated = NEGATED[character];
    if (negated !== undefined) return `[^${OUTSIDE}${negated}]`;
    return isPlainEscape(character) ? literal(character) : null;
  }

  #class(): string | null {
    const negated = this.#take("^");
    let set = "";
    while (!this.atEnd && this.#peek() !== "]") {
      let character = this.#next();
      if (character === "\\") {
        character = this.#next();
        const known = CLASSES[character];
        if (known !== undefined) {
          set += known;
          continue;
        }
        if (!isPlainEscape(character)) return null;
      }
      if (character < " " || (!negated && (character === '"' || character === "\\"))) return null;
      set += classCharacter(character);
      const next = this.#characters[this.#at + 1];
      if (this.#peek() === "-" && next !== undefined && next !== "]") {
        if (next === "\\") return null;
        this.#at += 2;
        set += `-${classCharacter(next)}`;
        // A range across the quote or the backslash would let them in unescaped.
        if (!negated && spansSpecial(character, next)) return null;
      }
    }
    if (!this.#take("]") || set === "") return null;
    return negated ? `[^${OUTSIDE}${set}]` : `[${set}]`;
  }

  #repeated(atom: string): string | null {
    let mark = "";
    if (this.#peek() === "{") {
      const rest = this.#characters.slice(this.#at).join("");
      const match = /^\{(\d+)(,(\d*))?\}/u.exec(rest);
      if (match === null) return null;
      const [whole, from = "0", comma, to = ""] = match;
      if (Number(from) > MAX_REPETITION || Number(to) > MAX_REPETITION) return null;
      this.#at += whole.length;
      mark = comma === undefined ? `{${from}}` : `{${from},${to}}`;
    } else if (["*", "+", "?"].includes(this.#peek())) mark = this.#next();
    // A lazy match finds the same strings.
    if (mark !== "") this.#take("?");
    return ["*", "+", "?", "{"].includes(this.#peek()) ? null : atom + mark;
  }

  #peek(): string {
    return this.#characters[this.#at] ?? "";
  }

  #next(): string {
    return this.#characters[this.#at++] ?? "";
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#at++;
    return true;
  }
}

function isPattern(pattern: string): boolean {
  try {
    return new RegExp(pattern, "u").unicode;
  } catch {
    return false;
  }
}

/** An escaped sign that stands for itself, and needs no escape in JSON. */
function isPlainEscape(character: string): boolean {
  return /^[^A-Za-z0-9"\\\n\r]$/u.test(character);
}

function spansSpecial(from: string, to: string): boolean {
  return ['"', "\\", "\u007f"].some((special) => from <= special && special <= to);
}
