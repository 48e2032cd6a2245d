import { QwqError } from "@qwq-fit/schema";
import { mergeSchemas } from "./merge-schemas.ts";
import { resolvePointer } from "./resolve-pointer.ts";
import { isJsonObject } from "./schema-node.ts";
import type { JsonObject, NormalSchema, SchemaNode, Unheld } from "./schema-node.ts";
import { arrayNode, numberNode, objectNode, stringNode } from "./type-nodes.ts";

/** Deeper than any schema that a person writes; recursion goes through references, which are not followed here. */
const MAX_DEPTH = 100;
/** Keywords that no grammar of ours holds, where they stand. */
const NEVER_HELD = ["not", "if", "dependentRequired", "dependentSchemas", "propertyNames"] as const;
const TYPES = ["object", "array", "string", "number", "integer", "boolean", "null"] as const;

/**
 * Brings a JSON Schema into normal form: unions from `anyOf`, `oneOf`, lists of types and `nullable`; `allOf` merged into
 * its parent; references resolved. What the normal form cannot say is listed, never dropped in silence.
 * @throws QwqError `invalid_request` for what is no schema.
 */
export function normaliseSchema(document: unknown): NormalSchema {
  const normaliser = new Normaliser(document);
  const root = normaliser.node(document, "#", 0);
  normaliser.resolveAll();
  return { root, definitions: normaliser.definitions, unheld: normaliser.unheld };
}

/** What the makers of nodes need of the normaliser. */
export interface NodeMaker {
  node(schema: unknown, pointer: string, depth: number): SchemaNode;
  lose(pointer: string, keyword: string): void;
}

class Normaliser implements NodeMaker {
  readonly definitions = new Map<string, SchemaNode>();
  readonly unheld: Unheld[] = [];
  readonly #document: unknown;
  readonly #pending: string[] = [];

  constructor(document: unknown) {
    this.#document = document;
  }

  lose(pointer: string, keyword: string): void {
    this.unheld.push({ pointer, keyword });
  }

  resolveAll(): void {
    for (;;) {
      const pointer = this.#pending.shift();
      if (pointer === undefined) return;
      if (this.definitions.has(pointer)) continue;
      // Set first: a definition may refer to itself.
      this.definitions.set(pointer, { kind: "any" });
      this.definitions.set(pointer, this.node(resolvePointer(this.#document, pointer), pointer, 0));
    }
  }

  node(schema: unknown, pointer: string, depth: number): SchemaNode {
    if (depth > MAX_DEPTH)
      throw new QwqError("invalid_request", "The schema is nested too deeply.");
    if (schema === true || schema === undefined) return { kind: "any" };
    if (schema === false) return { kind: "never" };
    if (!isJsonObject(schema)) {
      throw new QwqError(
        "invalid_request",
        `The schema at ${pointer} is neither object nor boolean.`,
      );
    }
    for (const keyword of NEVER_HELD) if (keyword in schema) this.lose(pointer, keyword);
    const { $ref: reference, ...beside } = schema;
    if (typeof reference === "string") {
      if (Object.keys(beside).some((keyword) => !ANNOTATIONS.has(keyword))) {
        const target = resolvePointer(this.#document, reference);
        const merged = isJsonObject(target) ? mergeSchemas(target, beside) : null;
        if (merged !== null) return this.node(merged, pointer, depth + 1);
        this.lose(pointer, "$ref with siblings");
      }
      this.#pending.push(reference);
      return { kind: "reference", pointer: reference };
    }
    const { allOf } = schema;
    if (Array.isArray(allOf)) return this.#allOf(schema, allOf, pointer, depth);
    for (const keyword of ["anyOf", "oneOf"] as const) {
      const options = schema[keyword];
      if (Array.isArray(options)) return this.#union(schema, keyword, options, pointer, depth);
    }
    return this.#plain(schema, pointer, depth);
  }

  #allOf(schema: JsonObject, parts: unknown[], pointer: string, depth: number): SchemaNode {
    const { allOf: _, ...rest } = schema;
    let merged: JsonObject = rest;
    for (const [index, part] of parts.entries()) {
      const resolved =
        isJsonObject(part) && typeof part["$ref"] === "string"
          ? resolvePointer(this.#document, part["$ref"])
          : part;
      if (resolved === true) continue;
      const next = isJsonObject(resolved) ? mergeSchemas(merged, resolved) : null;
      if (next === null) this.lose(`${pointer}/allOf/${index}`, "allOf");
      else merged = next;
    }
    return this.node(merged, pointer, depth + 1);
  }

  #union(
    schema: JsonObject,
    keyword: "anyOf" | "oneOf",
    options: unknown[],
    pointer: string,
    depth: number,
  ): SchemaNode {
    const { [keyword]: _, ...rest } = schema;
    const siblings = Object.keys(rest).some((name) => !ANNOTATIONS.has(name));
    const nodes = options.map((option, index) => {
      const at = `${pointer}/${keyword}/${index}`;
      if (!siblings) return this.node(option, at, depth + 1);
      const target =
        isJsonObject(option) && typeof option["$ref"] === "string"
          ? resolvePointer(this.#document, option["$ref"])
          : option;
      const merged = isJsonObject(target) ? mergeSchemas(rest, target) : null;
      if (merged !== null) return this.node(merged, at, depth + 1);
      this.lose(at, keyword);
      return this.node(option, at, depth + 1);
    });
    // That only one of them fits is checked afterwards; where they are of different types it cannot be otherwise.
    const kinds = new Set(nodes.map(({ kind }) => kind));
    if (keyword === "oneOf" && kinds.size < nodes.length) this.lose(pointer, "oneOf");
    return union(nodes);
  }

  #plain(schema: JsonObject, pointer: string, depth: number): SchemaNode {
    if ("const" in schema) return { kind: "values", values: [schema["const"]] };
    const { enum: values, nullable } = schema;
    if (Array.isArray(values)) return { kind: "values", values };
    const types = typesOf(schema, pointer);
    const nodes = types.map((type) => this.#typed(type, schema, pointer, depth));
    if (nullable === true && !types.includes("null")) nodes.push({ kind: "null" });
    return union(nodes);
  }

  #typed(type: string, schema: JsonObject, pointer: string, depth: number): SchemaNode {
    switch (type) {
      case "object":
        return objectNode(schema, pointer, depth, this);
      case "array":
        return arrayNode(schema, pointer, depth, this);
      case "string":
        return stringNode(schema, pointer, this);
      case "integer":
      case "number":
        return numberNode(schema, type === "integer", pointer, this);
      case "boolean":
        return { kind: "boolean" };
      case "null":
        return { kind: "null" };
      default:
        return { kind: "any" };
    }
  }
}

const ANNOTATIONS = new Set([
  "title",
  "description",
  "default",
  "examples",
  "$comment",
  "$schema",
  "$id",
  "$defs",
  "definitions",
  "deprecated",
  "readOnly",
  "writeOnly",
]);

/** The types that a schema allows: as said, or as its keywords imply. */
function typesOf(schema: JsonObject, pointer: string): string[] {
  const { type } = schema;
  const told = type === undefined ? [] : Array.isArray(type) ? type : [type];
  for (const one of told) {
    if (!TYPES.some((known) => known === one)) {
      throw new QwqError("invalid_request", `The schema at ${pointer} has an unknown type.`);
    }
  }
  if (told.length > 0) return told.map(String);
  if ("properties" in schema || "additionalProperties" in schema || "required" in schema) {
    return ["object"];
  }
  if ("items" in schema || "prefixItems" in schema) return ["array"];
  if ("pattern" in schema || "minLength" in schema || "maxLength" in schema) return ["string"];
  if (["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"].some((k) => k in schema)) {
    return ["number"];
  }
  return ["any"];
}

function union(nodes: readonly SchemaNode[]): SchemaNode {
  const options = nodes
    .flatMap((node) => (node.kind === "union" ? node.options : [node]))
    .filter(({ kind }) => kind !== "never");
  const [only] = options;
  if (only === undefined) return { kind: "never" };
  return options.length === 1 ? only : { kind: "union", options };
}
