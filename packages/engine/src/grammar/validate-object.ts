import { isJsonObject } from "./schema-node.ts";
import type { JsonObject } from "./schema-node.ts";
import type { PatternMatcher } from "./pattern-matcher.ts";
import type { Check, Violation } from "./validate-json.ts";

/** What is wrong with an object. */
export function objectViolations(
  value: JsonObject,
  schema: JsonObject,
  at: string,
  { check, matcher }: { readonly check: Check; readonly matcher: PatternMatcher },
): Violation[] {
  const found: Violation[] = [];
  const add = (keyword: string, message: string): void => {
    found.push({ at, keyword, message });
  };
  const names = Object.keys(value);
  const { required, minProperties, maxProperties, propertyNames, dependentRequired } = schema;
  if (Array.isArray(required)) {
    for (const name of required)
      if (!names.includes(String(name))) add("required", `lacks ${name}`);
  }
  if (typeof minProperties === "number" && names.length < minProperties) {
    add("minProperties", `has fewer than ${minProperties} members`);
  }
  if (typeof maxProperties === "number" && names.length > maxProperties) {
    add("maxProperties", `has more than ${maxProperties} members`);
  }
  const properties = isJsonObject(schema["properties"]) ? schema["properties"] : {};
  const patterns = isJsonObject(schema["patternProperties"]) ? schema["patternProperties"] : {};
  for (const name of names) {
    const below = `${at}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    let known = false;
    if (Object.hasOwn(properties, name)) {
      known = true;
      found.push(...check(value[name], properties[name], below));
    }
    for (const [pattern, part] of Object.entries(patterns)) {
      const match = matcher(name, pattern);
      if (match === "too slow") add("patternProperties", "takes too long to be checked");
      if (match !== "matches") continue;
      known = true;
      found.push(...check(value[name], part, below));
    }
    if (!known) {
      const more = check(value[name], schema["additionalProperties"], below);
      found.push(...more.map((one) => ({ ...one, keyword: "additionalProperties" })));
    }
    if (propertyNames !== undefined && check(name, propertyNames, at).length > 0) {
      add("propertyNames", `has a member named ${name}`);
    }
  }
  if (isJsonObject(dependentRequired)) {
    for (const [name, needed] of Object.entries(dependentRequired)) {
      if (!names.includes(name) || !Array.isArray(needed)) continue;
      for (const other of needed) {
        if (!names.includes(String(other)))
          add("dependentRequired", `has ${name} without ${other}`);
      }
    }
  }
  const dependent = schema["dependentSchemas"];
  if (isJsonObject(dependent)) {
    for (const [name, part] of Object.entries(dependent)) {
      if (names.includes(name)) found.push(...check(value, part, at));
    }
  }
  return found;
}
