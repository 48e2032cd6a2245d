import type { JsonObject } from "./schema-node.ts";
import { sameJson } from "./validate-json.ts";
import type { Check, Violation } from "./validate-json.ts";

/** What is wrong with an array. */
export function arrayViolations(
  value: readonly unknown[],
  schema: JsonObject,
  at: string,
  check: Check,
): Violation[] {
  const found: Violation[] = [];
  const add = (keyword: string, message: string): void => {
    found.push({ at, keyword, message });
  };
  const { minItems, maxItems, uniqueItems, contains, minContains, maxContains } = schema;
  if (typeof minItems === "number" && value.length < minItems) {
    add("minItems", `has fewer than ${minItems} items`);
  }
  if (typeof maxItems === "number" && value.length > maxItems) {
    add("maxItems", `has more than ${maxItems} items`);
  }
  if (uniqueItems === true && hasTwins(value)) add("uniqueItems", "has an item twice");
  const old = Array.isArray(schema["items"]);
  const listed = old ? schema["items"] : schema["prefixItems"];
  const rest = old ? schema["additionalItems"] : schema["items"];
  const prefix: readonly unknown[] = Array.isArray(listed) ? listed : [];
  for (const [index, item] of value.entries()) {
    found.push(...check(item, index < prefix.length ? prefix[index] : rest, `${at}/${index}`));
  }
  if (contains !== undefined) {
    const fitting = value.filter((item) => check(item, contains, at).length === 0).length;
    const least = typeof minContains === "number" ? minContains : 1;
    if (fitting < least) add("contains", `has ${fitting} items of the asked kind, not ${least}`);
    if (typeof maxContains === "number" && fitting > maxContains) {
      add("maxContains", `has ${fitting} items of the asked kind, more than ${maxContains}`);
    }
  }
  return found;
}

function hasTwins(value: readonly unknown[]): boolean {
  return value.some((item, index) => value.slice(0, index).some((other) => sameJson(item, other)));
}
