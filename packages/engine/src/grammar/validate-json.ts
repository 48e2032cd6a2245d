import { createPatternMatcher } from "./pattern-matcher.ts";
import type { PatternMatcher } from "./pattern-matcher.ts";
import { resolvePointer } from "./resolve-pointer.ts";
import { isJsonObject } from "./schema-node.ts";
import type { JsonObject } from "./schema-node.ts";
import { arrayViolations } from "./validate-array.ts";
import { objectViolations } from "./validate-object.ts";

/** A place in a value that breaks its schema. */
export interface Violation {
  /** JSON pointer into the value. */
  readonly at: string;
  readonly keyword: string;
  readonly message: string;
}

/** What the checks of a type need to go deeper. */
export type Check = (value: unknown, schema: unknown, at: string) => Violation[];

/** What stays the same on the way through a value. */
interface Walk {
  readonly document: unknown;
  readonly check: Check;
  readonly matcher: PatternMatcher;
}

const MAX_DEPTH = 200;

/** Holds a JSON value against its schema (draft 2020-12, and `nullable`); all that the schema says counts. */
export function validateJson(value: unknown, document: unknown): Violation[] {
  let depth = 0;
  const matcher = createPatternMatcher();
  const check: Check = (at, schema, pointer) => {
    if (++depth > MAX_DEPTH)
      return [{ at: pointer, keyword: "$ref", message: "nested too deeply" }];
    try {
      return violations(at, schema, pointer, { document, check, matcher });
    } finally {
      depth--;
    }
  };
  return check(value, document, "");
}

function violations(
  value: unknown,
  schema: unknown,
  at: string,
  { document, check, matcher }: Walk,
): Violation[] {
  if (schema === true || schema === undefined) return [];
  const violation = (keyword: string, message: string): Violation => ({ at, keyword, message });
  if (schema === false) return [violation("false", "nothing is allowed here")];
  if (!isJsonObject(schema))
    return [violation("schema", "the schema is neither object nor boolean")];
  if (value === null && schema["nullable"] === true) return [];
  const found: Violation[] = [];
  const { $ref: reference, type, enum: values } = schema;
  if (typeof reference === "string") {
    found.push(...check(value, resolvePointer(document, reference), at));
  }
  const types = type === undefined ? [] : Array.isArray(type) ? type : [type];
  if (types.length > 0 && !types.some((one) => isOfType(value, one))) {
    found.push(violation("type", `is not of type ${types.join(" or ")}`));
  }
  if ("const" in schema && !sameJson(value, schema["const"])) {
    found.push(violation("const", `is not ${JSON.stringify(schema["const"])}`));
  }
  if (Array.isArray(values) && !values.some((one) => sameJson(value, one))) {
    found.push(violation("enum", "is none of the listed values"));
  }
  if (typeof value === "number") found.push(...numberViolations(value, schema, violation));
  if (typeof value === "string") {
    found.push(...stringViolations(value, schema, matcher, violation));
  }
  if (Array.isArray(value)) found.push(...arrayViolations(value, schema, at, check));
  if (isJsonObject(value)) found.push(...objectViolations(value, schema, at, { check, matcher }));
  found.push(...combined(value, schema, at, check, violation));
  return found;
}

type Make = (keyword: string, message: string) => Violation;

function combined(
  value: unknown,
  schema: JsonObject,
  at: string,
  check: Check,
  violation: Make,
): Violation[] {
  const found: Violation[] = [];
  const passes = (part: unknown): boolean => check(value, part, at).length === 0;
  const { allOf, anyOf, oneOf } = schema;
  if (Array.isArray(allOf)) for (const part of allOf) found.push(...check(value, part, at));
  if (Array.isArray(anyOf) && !anyOf.some(passes)) {
    found.push(violation("anyOf", "fits none of the alternatives"));
  }
  if (Array.isArray(oneOf)) {
    const fitting = oneOf.filter(passes).length;
    if (fitting !== 1)
      found.push(violation("oneOf", `fits ${fitting} of the alternatives, not one`));
  }
  if ("not" in schema && passes(schema["not"])) found.push(violation("not", "is excluded"));
  if ("if" in schema) {
    const branch = passes(schema["if"]) ? schema["then"] : schema["else"];
    if (branch !== undefined) found.push(...check(value, branch, at));
  }
  return found;
}

function numberViolations(value: number, schema: JsonObject, violation: Make): Violation[] {
  const found: Violation[] = [];
  const limit = (keyword: string, broken: (bound: number) => boolean, word: string): void => {
    const bound = schema[keyword];
    if (typeof bound === "number" && broken(bound)) {
      found.push(violation(keyword, `is not ${word} ${bound}`));
    }
  };
  const { exclusiveMinimum: above, exclusiveMaximum: below } = schema;
  limit("minimum", (b) => value < b || (above === true && value === b), "at least");
  limit("maximum", (b) => value > b || (below === true && value === b), "at most");
  limit("exclusiveMinimum", (b) => value <= b, "more than");
  limit("exclusiveMaximum", (b) => value >= b, "less than");
  limit("multipleOf", (b) => b > 0 && !isMultiple(value, b), "a multiple of");
  return found;
}

function stringViolations(
  value: string,
  schema: JsonObject,
  matcher: PatternMatcher,
  violation: Make,
): Violation[] {
  const found: Violation[] = [];
  const { minLength, maxLength, pattern } = schema;
  const length = Array.from(value).length;
  if (typeof minLength === "number" && length < minLength) {
    found.push(violation("minLength", `is shorter than ${minLength}`));
  }
  if (typeof maxLength === "number" && length > maxLength) {
    found.push(violation("maxLength", `is longer than ${maxLength}`));
  }
  if (typeof pattern === "string") {
    const match = matcher(value, pattern);
    if (match === "differs") found.push(violation("pattern", `does not match ${pattern}`));
    else if (match === "too slow") found.push(violation("pattern", "takes too long to be checked"));
    // A pattern that JavaScript cannot read says nothing.
  }
  return found;
}

function isMultiple(value: number, of: number): boolean {
  const times = value / of;
  // 0.3 is a multiple of 0.1, though 0.3 / 0.1 is not whole in binary.
  return Math.abs(times - Math.round(times)) < 1e-9 * Math.max(1, Math.abs(times));
}

function isOfType(value: unknown, type: unknown): boolean {
  switch (type) {
    case "null":
      return value === null;
    case "array":
      return Array.isArray(value);
    case "object":
      return isJsonObject(value);
    case "integer":
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

/** Equal as JSON, the order of members apart. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => sameJson(item, b[index]));
  }
  if (isJsonObject(a) && isJsonObject(b)) {
    const names = Object.keys(a);
    return (
      names.length === Object.keys(b).length &&
      names.every((name) => name in b && sameJson(a[name], b[name]))
    );
  }
  return a === b;
}
