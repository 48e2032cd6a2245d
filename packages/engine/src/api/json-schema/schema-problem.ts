import { isDeepStrictEqual } from "node:util";

type Obj = Readonly<Record<string, unknown>>;

/** Nested deeper than this a value is refused: `$ref` may go round. */
const MAX_DEPTH = 200;

/**
 * Why a value breaks a JSON Schema (the words of draft 2020-12 that models are asked for; annotations and
 * formats are not checked), or null. The answer names the place and the word, not the value.
 */
export function schemaProblem(value: unknown, schema: unknown, root?: unknown): string | null {
  return check(value, schema, { root: root ?? schema, at: "the answer", depth: 0 });
}

interface Place {
  readonly root: unknown;
  readonly at: string;
  readonly depth: number;
}

function check(value: unknown, schema: unknown, place: Place): string | null {
  if (schema === true || schema === undefined) return null;
  if (schema === false) return `${place.at} must not be there`;
  if (!isObject(schema)) return null;
  if (place.depth > MAX_DEPTH) return `${place.at} is nested too deep`;
  const inner = { ...place, depth: place.depth + 1 };
  return (
    checkRef(value, schema, inner) ??
    checkValue(value, schema, place.at) ??
    checkNumber(value, schema, place.at) ??
    checkString(value, schema, place.at) ??
    checkArray(value, schema, inner) ??
    checkObject(value, schema, inner) ??
    checkCombined(value, schema, inner)
  );
}

function checkRef(value: unknown, schema: Obj, place: Place): string | null {
  const ref = schema["$ref"];
  if (typeof ref !== "string") return null;
  if (!ref.startsWith("#")) return `${place.at}: the reference ${ref} is not local`;
  let target: unknown = place.root;
  for (const step of ref.slice(1).split("/").filter(Boolean)) {
    const key = decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~");
    target = isObject(target) || Array.isArray(target) ? Reflect.get(target, key) : undefined;
  }
  return target === undefined ? `${place.at}: there is no ${ref}` : check(value, target, place);
}

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  null: (value) => value === null,
  boolean: (value) => typeof value === "boolean",
  string: (value) => typeof value === "string",
  number: (value) => typeof value === "number",
  integer: (value) => Number.isInteger(value),
  array: (value) => Array.isArray(value),
  object: isObject,
};

function checkValue(value: unknown, schema: Obj, at: string): string | null {
  const type = schema["type"];
  const types: unknown[] = Array.isArray(type) ? type : type === undefined ? [] : [type];
  if (types.length > 0 && !types.some((one) => TYPES[String(one)]?.(value) ?? true)) {
    return `${at} must be of type ${types.join(" or ")}`;
  }
  if ("const" in schema && !isDeepStrictEqual(value, schema["const"])) {
    return `${at} is not the constant`;
  }
  const choices = schema["enum"];
  if (Array.isArray(choices) && !choices.some((one) => isDeepStrictEqual(value, one))) {
    return `${at} is none of the enum`;
  }
  return null;
}

function checkNumber(value: unknown, schema: Obj, at: string): string | null {
  if (typeof value !== "number") return null;
  const limit = (name: string): number | null => numberOf(schema[name]);
  const { min, max } = { min: limit("minimum"), max: limit("maximum") };
  const { above, below } = { above: limit("exclusiveMinimum"), below: limit("exclusiveMaximum") };
  if (min !== null && value < min) return `${at} must be at least ${min}`;
  if (max !== null && value > max) return `${at} must be at most ${max}`;
  if (above !== null && value <= above) return `${at} must be above ${above}`;
  if (below !== null && value >= below) return `${at} must be below ${below}`;
  const step = limit("multipleOf");
  if (step === null) return null;
  const ratio = value / step;
  const whole = Math.abs(ratio - Math.round(ratio)) < 1e-9 * Math.max(1, Math.abs(ratio));
  return whole ? null : `${at} must be a multiple of ${step}`;
}

function checkString(value: unknown, schema: Obj, at: string): string | null {
  if (typeof value !== "string") return null;
  const length = Array.from(value).length;
  const problem = checkSize(length, schema, "Length", `${at}: its length`);
  if (problem !== null) return problem;
  const pattern = schema["pattern"];
  if (typeof pattern !== "string") return null;
  try {
    return new RegExp(pattern, "u").test(value) ? null : `${at} does not match its pattern`;
  } catch {
    return null;
  }
}

function checkArray(value: unknown, schema: Obj, place: Place): string | null {
  if (!Array.isArray(value)) return null;
  const { at } = place;
  const problem = checkSize(value.length, schema, "Items", `${at}: its item count`);
  if (problem !== null) return problem;
  const prefix: unknown[] = Array.isArray(schema["prefixItems"]) ? schema["prefixItems"] : [];
  for (const [index, item] of value.entries()) {
    const rule = index < prefix.length ? prefix[index] : schema["items"];
    const found = check(item, rule, { ...place, at: `${at}[${index}]` });
    if (found !== null) return found;
  }
  if (schema["uniqueItems"] !== true) return null;
  const texts = new Set(value.map((item) => JSON.stringify(item)));
  return texts.size === value.length ? null : `${at}: its items must differ`;
}

function checkObject(value: unknown, schema: Obj, place: Place): string | null {
  if (!isObject(value)) return null;
  const { at } = place;
  const size = checkSize(Object.keys(value).length, schema, "Properties", `${at}: its field count`);
  if (size !== null) return size;
  const required: unknown[] = Array.isArray(schema["required"]) ? schema["required"] : [];
  const missing = required.map(String).find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) return `${at}: the field ${missing} is missing`;
  const declared = isObject(schema["properties"]) ? schema["properties"] : {};
  const patterns = isObject(schema["patternProperties"]) ? schema["patternProperties"] : {};
  for (const [name, field] of Object.entries(value)) {
    const matching = Object.entries(patterns).filter(([text]) => new RegExp(text, "u").test(name));
    const rules = matching.map(([, rule]) => rule);
    if (Object.hasOwn(declared, name)) rules.push(declared[name]);
    if (rules.length === 0) rules.push(schema["additionalProperties"]);
    for (const rule of rules) {
      const found = check(field, rule, { ...place, at: `${at}.${name}` });
      if (found !== null) return found;
    }
  }
  return null;
}

function checkCombined(value: unknown, schema: Obj, place: Place): string | null {
  const passes = (rule: unknown): boolean => check(value, rule, place) === null;
  const { allOf, anyOf, oneOf, not } = schema;
  if (Array.isArray(allOf)) {
    for (const rule of allOf) {
      const found = check(value, rule, place);
      if (found !== null) return found;
    }
  }
  if (Array.isArray(anyOf) && !anyOf.some(passes)) return `${place.at} matches none of anyOf`;
  if (Array.isArray(oneOf) && oneOf.filter(passes).length !== 1) {
    return `${place.at} must match exactly one of oneOf`;
  }
  return not !== undefined && passes(not) ? `${place.at} matches what it must not` : null;
}

function checkSize(size: number, schema: Obj, word: string, what: string): string | null {
  const least = numberOf(schema[`min${word}`]);
  const most = numberOf(schema[`max${word}`]);
  if (least !== null && size < least) return `${what} must be at least ${least}`;
  return most !== null && size > most ? `${what} must be at most ${most}` : null;
}

function numberOf(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

function isObject(value: unknown): value is Obj {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
