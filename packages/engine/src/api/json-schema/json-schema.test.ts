import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { contentProblem } from "./content-problem.ts";
import { schemaProblem } from "./schema-problem.ts";

const CASES: readonly [object, unknown, unknown][] = [
  [{ type: "string" }, "a", 1],
  [{ type: ["string", "null"] }, null, 1],
  [{ type: "integer" }, 3, 3.5],
  [{ type: "number", minimum: 1, exclusiveMaximum: 3 }, 1, 3],
  [{ multipleOf: 0.1 }, 0.3, 0.35],
  [{ const: { a: [1] } }, { a: [1] }, { a: [2] }],
  [{ enum: ["a", 1] }, 1, "b"],
  [{ minLength: 2, maxLength: 3 }, "🙂🙂", "🙂"],
  [{ pattern: "^a+$" }, "aa", "ab"],
  [{ items: { type: "number" }, minItems: 1 }, [1], ["a"]],
  [{ prefixItems: [{ type: "string" }], items: false }, ["a"], ["a", 1]],
  [{ uniqueItems: true }, [1, 2], [1, 1]],
  [{ required: ["a"] }, { a: null }, {}],
  [{ properties: { a: {} }, additionalProperties: false }, { a: 1 }, { b: 1 }],
  [{ patternProperties: { "^x": { type: "number" } } }, { x1: 1, y: "" }, { x1: "" }],
  [{ anyOf: [{ type: "string" }, { type: "null" }] }, null, 1],
  [{ oneOf: [{ minimum: 1 }, { minimum: 5 }] }, 2, 6],
  [{ allOf: [{ minimum: 1 }, { maximum: 3 }] }, 2, 4],
  [{ not: { type: "string" } }, 1, "a"],
  [{ $defs: { a: { type: "string" } }, items: { $ref: "#/$defs/a" } }, ["a"], [1]],
  [
    { properties: { next: { $ref: "#" } }, required: ["v"] },
    { v: 1, next: { v: 1 } },
    { v: 1, next: {} },
  ],
];

test.each(CASES)("%j takes %j and not %j", (schema, good, bad) => {
  expect(schemaProblem(good, schema)).toBeNull();
  expect(schemaProblem(bad, schema)).toMatch(/^the answer/);
});

describe("a content", () => {
  test("must be JSON, and of its schema", () => {
    expect(contentProblem("hi", { kind: "text" })).toBeNull();
    expect(contentProblem("[1]", { kind: "json" })).toBeNull();
    expect(contentProblem("{", { kind: "json" })).toBe("it is no JSON");
    const schema = { properties: { secret: { type: "number" } } };
    const problem = contentProblem('{"secret":"hunter2"}', { kind: "schema", schema });
    expect(problem).toBe("the answer.secret must be of type number");
  });
});

test("no value and no schema make it throw, and a reference to itself ends", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (value, schema) => {
      const problem = schemaProblem(value, schema);
      expect(problem === null || typeof problem === "string").toBe(true);
    }),
  );
  expect(schemaProblem(1, { $ref: "#" })).toMatch("too deep");
});
