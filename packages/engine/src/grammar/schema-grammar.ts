import { QwqError } from "@qwq-fit/schema";
import { stringOtherThan } from "./excluded-names.ts";
import { BASE_RULES, literal } from "./gbnf-text.ts";
import { INTEGER_RULE, NUMBER_RULE, boundedNumberRule, integerRule } from "./number-rules.ts";
import { patternRule } from "./pattern-rule.ts";
import type { NormalSchema, SchemaNode, SchemaProperty, StringFormat } from "./schema-node.ts";

const DIGIT = "[0-9]";
const DATE = `${DIGIT}{4} "-" ("0" [1-9] | "1" [0-2]) "-" ("0" [1-9] | [12] ${DIGIT} | "3" [01])`;
const TIME = `([01] ${DIGIT} | "2" [0-3]) ":" [0-5] ${DIGIT} ":" [0-5] ${DIGIT} ("." ${DIGIT}{1,6})? ("Z" | [-+] ([01] ${DIGIT} | "2" [0-3]) ":" [0-5] ${DIGIT})`;
const HEX = "[0-9a-f]";
const FORMATS: Record<StringFormat, string> = {
  date: DATE,
  time: TIME,
  "date-time": `${DATE} "T" ${TIME}`,
  uuid: `${HEX}{8} "-" ${HEX}{4} "-" ${HEX}{4} "-" ${HEX}{4} "-" ${HEX}{12}`,
};

export interface SchemaGrammar {
  /** llama.cpp's grammar language; starts at `root`. */
  readonly text: string;
  /** What the grammar leaves open beside what the normal form left open. */
  readonly unheldPatterns: readonly string[];
}

/** Writes the grammar of a schema. Line feeds may stand before the value, as models put them behind a thought. */
export function schemaGrammar(schema: NormalSchema): SchemaGrammar {
  const writer = new GrammarWriter(schema);
  return writer.write();
}

class GrammarWriter {
  readonly #schema: NormalSchema;
  readonly #rules = new Map<string, string>(Object.entries(BASE_RULES));
  readonly #names = new Map<string, string>();
  readonly #unheld: string[] = [];

  constructor(schema: NormalSchema) {
    this.#schema = schema;
  }

  write(): SchemaGrammar {
    this.#rules.set("integer", INTEGER_RULE);
    this.#rules.set("number", NUMBER_RULE);
    this.#rules.set("member", `string ws ":" ws value`);
    this.#rules.set("object", `"{" ws (member (ws "," ws member)*)? ws "}"`);
    this.#rules.set("array", `"[" ws (value (ws "," ws value)*)? ws "]"`);
    this.#rules.set("value", "object | array | string | number | boolean | null");
    for (const pointer of this.#schema.definitions.keys()) {
      this.#names.set(pointer, `def-${this.#names.size}`);
    }
    for (const [pointer, node] of this.#schema.definitions) {
      this.#rules.set(this.#names.get(pointer) ?? "", this.#rule(node));
    }
    this.#rules.set("root", `"\\n"{0,2} (${this.#rule(this.#schema.root)})`);
    const text = [...this.#rules].map(([name, rule]) => `${name} ::= ${rule}\n`).join("");
    return { text, unheldPatterns: this.#unheld };
  }

  /** The text of a rule for a node. */
  #rule(node: SchemaNode): string {
    switch (node.kind) {
      case "any":
        return "value";
      case "never":
        throw new QwqError("invalid_request", "Nothing can fulfil the schema.");
      case "null":
      case "boolean":
        return node.kind;
      case "integer":
        return integerRule(node.min, node.max);
      case "number":
        return this.#number(node);
      case "string":
        return this.#string(node);
      case "values":
        return node.values.map((value) => literal(JSON.stringify(value))).join(" | ");
      case "array":
        return this.#array(node);
      case "object":
        return this.#object(node.properties, node.additional);
      case "union":
        return node.options.map((option) => this.#named(option)).join(" | ");
      case "reference":
        return this.#names.get(node.pointer) ?? "value";
    }
  }

  /** The name of a rule for a node. */
  #named(node: SchemaNode): string {
    const rule = this.#rule(node);
    return /^[a-z][a-z0-9-]*$/u.test(rule) ? rule : this.#add(rule);
  }

  #add(rule: string): string {
    const name = `r${this.#rules.size}`;
    this.#rules.set(name, rule);
    return name;
  }

  #number(node: SchemaNode & { kind: "number" }): string {
    const rule = boundedNumberRule(node.min, node.max);
    if (rule !== null) return rule;
    this.#unheld.push("minimum and maximum");
    return "number";
  }

  #string(node: SchemaNode & { kind: "string" }): string {
    if (node.format !== null) return `"\\"" ${FORMATS[node.format]} "\\""`;
    if (node.pattern !== null) {
      const rule = patternRule(node.pattern);
      if (rule !== null) return `"\\"" (${rule}) "\\""`;
      this.#unheld.push("pattern");
      return "string";
    }
    const { minLength, maxLength } = node;
    if (minLength === 0 && maxLength === null) return "string";
    return `"\\"" char{${minLength},${maxLength ?? ""}} "\\""`;
  }

  #array(node: SchemaNode & { kind: "array" }): string {
    const { prefix, items, min, max } = node;
    if (max !== null && max < min) {
      throw new QwqError(
        "invalid_request",
        "Nothing can fulfil the schema: an array's bounds cross.",
      );
    }
    const fixed = prefix.slice(0, max ?? prefix.length).map((item) => this.#named(item));
    const restMin = Math.max(0, min - fixed.length);
    const restMax = max === null ? null : max - fixed.length;
    let tail = "";
    if (restMax === null || restMax > 0) {
      const item = this.#named(items);
      const bounds = (less: number): string =>
        `{${Math.max(0, restMin - less)},${restMax === null ? "" : restMax - less}}`;
      tail =
        fixed.length > 0
          ? `(ws "," ws ${item})${bounds(0)}`
          : restMin === 0
            ? `(${item} (ws "," ws ${item})${bounds(1)})?`
            : `${item} (ws "," ws ${item})${bounds(1)}`;
    }
    // Of the prefix, only what `min` asks for has to be there.
    let head = "";
    for (let index = fixed.length - 1; index >= 0; index--) {
      const item = `${index > 0 ? `ws "," ws ` : ""}${fixed[index] ?? ""} ${head === "" ? tail : head}`;
      head = index < min ? item : `(${item})?`;
    }
    return `"[" ws ${head === "" ? tail : head} ws "]"`;
  }

  /** Members in the schema's order; those that are not required may be left out; others come last. */
  #object(properties: readonly SchemaProperty[], additional: SchemaNode | null): string {
    let first = "";
    let rest = "";
    if (additional !== null) {
      const key = stringOtherThan(properties.map(({ name }) => name));
      const extra = this.#add(`${key} ws ":" ws ${this.#named(additional)}`);
      rest = this.#add(`(ws "," ws ${extra})*`);
      first = this.#add(`(${extra} ${rest})?`);
    }
    for (const { name, required, node } of properties.toReversed()) {
      const member = this.#add(`${literal(JSON.stringify(name))} ws ":" ws ${this.#named(node)}`);
      const taken = `${member} ${rest}`;
      const behind = `ws "," ws ${member}`;
      const skipped = first === "" ? `(${taken})?` : `${taken} | ${first}`;
      first = this.#add(required ? taken : skipped);
      rest = this.#add(`${required ? behind : `(${behind})?`} ${rest}`);
    }
    return `"{" ws ${first} ws "}"`;
  }
}
