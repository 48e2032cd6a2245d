import { isJsonObject } from "./schema-node.ts";
import type { JsonObject, SchemaNode, StringFormat } from "./schema-node.ts";
import type { NodeMaker } from "./normalise-schema.ts";

/** llama.cpp refuses longer repetitions (v0.5.0 src/llama-grammar.cpp, MAX_REPETITION_THRESHOLD). */
const MAX_REPETITION = 2000;
const FORMATS: readonly StringFormat[] = ["date", "time", "date-time", "uuid"];

/**
 * An object. Members that are not named may come only where the schema says so: one that leaves it open is taken to name
 * all of its members, as models' tools mean it; what comes is valid either way.
 */
export function objectNode(
  schema: JsonObject,
  pointer: string,
  depth: number,
  maker: NodeMaker,
): SchemaNode {
  const properties = isJsonObject(schema["properties"]) ? schema["properties"] : {};
  const required = new Set(Array.isArray(schema["required"]) ? schema["required"] : []);
  const additional = schema["additionalProperties"];
  for (const keyword of ["patternProperties", "minProperties", "maxProperties"]) {
    if (keyword in schema) maker.lose(pointer, keyword);
  }
  const names = Object.keys(properties);
  const missing = [...required].filter((name) => typeof name === "string" && !names.includes(name));
  const members = [...names, ...missing.map(String)].map((name) => ({
    name,
    required: required.has(name),
    node:
      name in properties
        ? maker.node(properties[name], `${pointer}/properties/${name}`, depth + 1)
        : ({ kind: "any" } as const),
  }));
  const open = additional === undefined ? members.length === 0 : additional !== false;
  const impossible = members.some((member) => member.required && member.node.kind === "never");
  if (impossible) return { kind: "never" };
  return {
    kind: "object",
    properties: members.filter((member) => member.node.kind !== "never"),
    additional: open
      ? maker.node(additional ?? true, `${pointer}/additionalProperties`, depth + 1)
      : null,
  };
}

export function arrayNode(
  schema: JsonObject,
  pointer: string,
  depth: number,
  maker: NodeMaker,
): SchemaNode {
  for (const keyword of ["uniqueItems", "contains", "minContains", "maxContains"]) {
    if (keyword in schema && schema[keyword] !== false) maker.lose(pointer, keyword);
  }
  // Before draft 2020-12 a list in `items` was the prefix, and `additionalItems` the rest.
  const old = Array.isArray(schema["items"]);
  const listed = old ? schema["items"] : schema["prefixItems"];
  const rest = old ? schema["additionalItems"] : schema["items"];
  const prefix = (Array.isArray(listed) ? listed : []).map((item, index) =>
    maker.node(item, `${pointer}/prefixItems/${index}`, depth + 1),
  );
  const items = maker.node(rest ?? true, `${pointer}/items`, depth + 1);
  const min = count(schema["minItems"]) ?? 0;
  const told = count(schema["maxItems"]);
  const max = items.kind === "never" ? Math.min(told ?? prefix.length, prefix.length) : told;
  return {
    kind: "array",
    prefix,
    items,
    min: repetition(min, pointer, "minItems", maker) ?? 0,
    max: max === null ? null : repetition(max, pointer, "maxItems", maker),
  };
}

export function stringNode(schema: JsonObject, pointer: string, maker: NodeMaker): SchemaNode {
  const { pattern, format } = schema;
  const known = FORMATS.find((name) => name === format) ?? null;
  const minLength = count(schema["minLength"]) ?? 0;
  const maxLength = count(schema["maxLength"]);
  const patterned = typeof pattern === "string";
  if (patterned || known !== null) {
    if (patterned && known !== null) maker.lose(pointer, "format");
    if (minLength > 0) maker.lose(pointer, "minLength");
    if (maxLength !== null) maker.lose(pointer, "maxLength");
  }
  return {
    kind: "string",
    minLength: repetition(minLength, pointer, "minLength", maker) ?? 0,
    maxLength: maxLength === null ? null : repetition(maxLength, pointer, "maxLength", maker),
    pattern: patterned ? pattern : null,
    format: patterned ? null : known,
  };
}

export function numberNode(
  schema: JsonObject,
  integer: boolean,
  pointer: string,
  maker: NodeMaker,
): SchemaNode {
  if ("multipleOf" in schema) maker.lose(pointer, "multipleOf");
  const bound = (name: string): number | null => {
    const value = schema[name];
    return typeof value === "number" && Number.isFinite(value) ? value : null;
  };
  let [min, max] = [bound("minimum"), bound("maximum")];
  let [above, below] = [bound("exclusiveMinimum"), bound("exclusiveMaximum")];
  // Draft 4 said it with booleans.
  if (schema["exclusiveMinimum"] === true) [above, min] = [min, null];
  if (schema["exclusiveMaximum"] === true) [below, max] = [max, null];
  if (integer) {
    const least = larger(
      min === null ? null : BigInt(Math.ceil(min)),
      above === null ? null : BigInt(Math.floor(above)) + 1n,
    );
    const most = smaller(
      max === null ? null : BigInt(Math.floor(max)),
      below === null ? null : BigInt(Math.ceil(below)) - 1n,
    );
    if (least !== null && most !== null && least > most) return { kind: "never" };
    return { kind: "integer", min: least, max: most };
  }
  if (above !== null) maker.lose(pointer, "exclusiveMinimum");
  if (below !== null) maker.lose(pointer, "exclusiveMaximum");
  const least = larger(min, above);
  const most = smaller(max, below);
  if (least !== null && most !== null && least > most) return { kind: "never" };
  return { kind: "number", min: least, max: most };
}

function larger<T extends number | bigint>(a: T | null, b: T | null): T | null {
  if (a === null || b === null) return a ?? b;
  return a > b ? a : b;
}

function smaller<T extends number | bigint>(a: T | null, b: T | null): T | null {
  if (a === null || b === null) return a ?? b;
  return a < b ? a : b;
}

function count(value: unknown): number | null {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 ? value : null;
}

function repetition(
  value: number,
  pointer: string,
  keyword: string,
  maker: NodeMaker,
): number | null {
  if (value <= MAX_REPETITION) return value;
  maker.lose(pointer, keyword);
  return keyword.startsWith("min") ? MAX_REPETITION : null;
}
