import type { JsonObject } from "./schema-node.ts";
import { isJsonObject } from "./schema-node.ts";

/**
 * One schema that asks for what both ask; null where it cannot be said in one (the answer is then checked afterwards).
 * Bounds take the tighter value, properties join, lists of types and values are cut to the common ones.
 */
export function mergeSchemas(a: JsonObject, b: JsonObject): JsonObject | null {
  const merged: Record<string, unknown> = { ...a };
  for (const [keyword, value] of Object.entries(b)) {
    const own = merged[keyword];
    if (own === undefined || same(own, value)) {
      merged[keyword] = value;
      continue;
    }
    const joined = join(keyword, own, value);
    if (joined === undefined) return null;
    merged[keyword] = joined;
  }
  return merged;
}

function join(keyword: string, a: unknown, b: unknown): unknown {
  if (typeof a === "number" && typeof b === "number") {
    if (/^(?:min|exclusiveMin)/u.test(keyword)) return Math.max(a, b);
    if (/^(?:max|exclusiveMax)/u.test(keyword)) return Math.min(a, b);
    return undefined;
  }
  switch (keyword) {
    case "title":
    case "description":
    case "default":
    case "examples":
    case "$comment":
      return a;
    case "required":
      return [...new Set([...list(a), ...list(b)])];
    case "enum":
      return list(a).filter((value) => list(b).some((other) => same(value, other)));
    case "type": {
      const types = list(b);
      const common = list(a).filter((type) => types.includes(type));
      return common.length === 0 ? undefined : common;
    }
    case "additionalProperties":
      return a === false || b === false ? false : undefined;
    case "properties":
    case "$defs":
    case "definitions":
      return joinEach(a, b);
    default:
      return undefined;
  }
}

function joinEach(a: unknown, b: unknown): JsonObject | undefined {
  if (!isJsonObject(a) || !isJsonObject(b)) return undefined;
  const joined: Record<string, unknown> = { ...a };
  for (const [name, value] of Object.entries(b)) {
    const own = joined[name];
    if (own === undefined || own === true) joined[name] = value;
    else if (isJsonObject(own) && isJsonObject(value)) {
      const both = mergeSchemas(own, value);
      if (both === null) return undefined;
      joined[name] = both;
    } else return undefined;
  }
  return joined;
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
