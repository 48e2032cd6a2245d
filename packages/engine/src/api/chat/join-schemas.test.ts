import { expect, test } from "vitest";
import { compileConstraint } from "../../grammar/constraint-grammar.ts";
import { validateJson } from "../../grammar/validate-json.ts";
import { joinSchemas } from "./join-schemas.ts";

const parameters = {
  $defs: { word: { enum: ["x", "y"] } },
  type: "object",
  properties: { a: { $ref: "#/$defs/word" }, same: { const: { $ref: "#/kept" } } },
  required: ["a"],
};
const tool = { type: "function", function: { name: "f", parameters } } as const;
const tree = {
  type: "object",
  properties: { next: { anyOf: [{ $ref: "#" }, { type: "null" }] } },
  required: ["next"],
  additionalProperties: false,
};

test("references to a schema's own definitions hold where it stands in another", () => {
  const joined = joinSchemas([tree], [tool]);
  const fits = (value: unknown): boolean => validateJson(value, joined).length === 0;
  expect(fits({ next: { next: null } })).toBe(true);
  expect(fits({ next: { next: 1 } })).toBe(false);
  expect(fits({ name: "f", arguments: { a: "x", same: { $ref: "#/kept" } } })).toBe(true);
  expect(fits({ name: "f", arguments: { a: "z" } })).toBe(false);
  expect(fits({ name: "g", arguments: { a: "x" } })).toBe(false);
  const { grammar } = compileConstraint({ kind: "json-schema", schema: joined });
  expect(grammar).toContain("root ::=");
});

test("of one schema nothing is joined", () => {
  expect(joinSchemas([tree], [])).toEqual(tree);
  const call = joinSchemas([], [tool]);
  expect(validateJson({ name: "f", arguments: { a: "y" } }, call)).toEqual([]);
});
