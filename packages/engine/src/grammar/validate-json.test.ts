import { describe, expect, test } from "vitest";
import { parseConstrained } from "./constraint-grammar.ts";
import { validateJson } from "./validate-json.ts";

const keywords = (value: unknown, schema: unknown): string[] =>
  validateJson(value, schema).map(({ keyword }) => keyword);

describe("an answer against its schema", () => {
  test.each([
    [{ multipleOf: 0.1 }, 0.3, []],
    [{ multipleOf: 0.1 }, 0.35, ["multipleOf"]],
    [{ uniqueItems: true }, [{ a: 1 }, { a: 1 }], ["uniqueItems"]],
    [{ oneOf: [{ type: "integer" }, { minimum: 2 }] }, 3, ["oneOf"]],
    [{ oneOf: [{ type: "integer" }, { minimum: 2 }] }, 1, []],
    [{ not: { type: "string" } }, "a", ["not"]],
    [{ if: { type: "string" }, else: { minimum: 2 } }, 1, ["minimum"]],
    [{ contains: { type: "string" }, minContains: 2 }, ["a", 1], ["contains"]],
    [{ dependentRequired: { a: ["b"] } }, { a: 1 }, ["dependentRequired"]],
    [{ propertyNames: { maxLength: 1 } }, { ab: 1 }, ["propertyNames"]],
    [
      { patternProperties: { "^x": { type: "integer" } }, additionalProperties: false },
      { x1: 1 },
      [],
    ],
    [{ additionalProperties: false }, { a: 1 }, ["additionalProperties"]],
    [{ pattern: "^a$" }, "b", ["pattern"]],
    [{ type: "string", nullable: true }, null, []],
  ])("%j and %j", (schema, value, broken) => {
    expect(keywords(value, schema)).toEqual(broken);
  });

  test("says where", () => {
    const schema = { properties: { "a/b": { items: { type: "integer" } } } };
    expect(validateJson({ "a/b": [1, "x"] }, schema)).toEqual([
      { at: "/a~1b/1", keyword: "type", message: "is not of type integer" },
    ]);
  });

  test("a schema that never ends is refused, not followed", () => {
    const schema = { $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/a" } } };
    expect(keywords(1, schema)).toContain("$ref");
  });

  test("a cut or a wrong answer is a typed error", () => {
    const constraint = { kind: "json-schema", schema: { type: "integer", minimum: 3 } } as const;
    expect(parseConstrained("\n\n4 ", constraint)).toBe(4);
    expect(() => parseConstrained('{"a":', constraint)).toThrow(
      expect.objectContaining({ code: "content_rejected" }),
    );
    expect(() => parseConstrained("2", constraint)).toThrow(
      expect.objectContaining({ code: "content_rejected" }),
    );
  });
});
