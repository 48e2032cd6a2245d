import { expect, test } from "vitest";
import { contentProblem } from "./content-rule.ts";

test("a content must be JSON, and of its schema; the problem quotes nothing of it", () => {
  expect(contentProblem("hi", { kind: "text" })).toBeNull();
  expect(contentProblem("{}", { kind: "json" })).toBeNull();
  expect(contentProblem("[1]", { kind: "json" })).toMatch("type object");
  expect(contentProblem("{", { kind: "json" })).toBe("it is no whole JSON");
  const schema = { properties: { a: { type: "number" } } };
  expect(contentProblem('{"a":1}', { kind: "schema", schema })).toBeNull();
  expect(contentProblem('{"a":"hunter2"}', { kind: "schema", schema })).toBe(
    'at "/a" it is not of type number',
  );
});
