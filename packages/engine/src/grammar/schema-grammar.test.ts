import { beforeAll, describe, expect, test } from "vitest";
import { grammarReader } from "../testing/grammar-reader.ts";
import type { Accepts } from "../testing/grammar-reader.ts";
import { compileConstraint } from "./constraint-grammar.ts";
import { validateJson } from "./validate-json.ts";

let accepts: Accepts;
beforeAll(async () => {
  accepts = await grammarReader();
});

/** Listed values are written in one way only. */
function isFixed(schema: unknown, value: unknown): boolean {
  return typeof schema === "object" && schema !== null && "enum" in schema && value !== null;
}

const cases: {
  name: string;
  schema: unknown;
  yes: unknown[];
  no: unknown[];
  /** Texts that are no JSON, or not this one. */
  noText?: string[];
}[] = [
  {
    name: "anyOf with null keeps both",
    schema: { anyOf: [{ type: "string" }, { type: "null" }] },
    yes: ["", "x", null],
    no: [1, {}],
  },
  { name: "a list of types", schema: { type: ["integer", "null"] }, yes: [0, -7, null], no: ["a"] },
  { name: "nullable", schema: { type: "string", nullable: true }, yes: [null, "a"], no: [0] },
  {
    name: "bounds of integers",
    schema: { type: "integer", minimum: -12, exclusiveMaximum: 305 },
    yes: [-12, -9, 0, 9, 10, 99, 100, 299, 304],
    no: [-13, 305, 1000, 1.5],
    noText: ["007", "1e3", "99999999999999999999"],
  },
  {
    name: "bounds of numbers",
    schema: { type: "number", minimum: 0, maximum: 1 },
    yes: [0, 1, 0.25],
    no: [-0.1, 2, 1.5],
  },
  {
    name: "no number is infinite",
    schema: { type: "number" },
    yes: [1e99, -2.5],
    no: [],
    noText: ["1e999"],
  },
  {
    name: "enum",
    schema: { enum: ["a", 2, null, { b: [1] }] },
    yes: ["a", 2, null, { b: [1] }],
    no: ["b", 3],
  },
  { name: "const", schema: { const: 'a"\\\n' }, yes: ['a"\\\n'], no: ["a"] },
  {
    name: "optional members may be left out, in order",
    schema: {
      type: "object",
      properties: { a: { type: "integer" }, b: { type: "boolean" }, c: { type: "null" } },
      required: ["b"],
    },
    yes: [{ b: true }, { a: 1, b: false }, { a: 1, b: true, c: null }, { b: true, c: null }],
    no: [{}, { a: 1 }, { b: 1 }, { b: true, d: 1 }],
  },
  {
    name: "only optional members",
    schema: { type: "object", properties: { a: { type: "integer" }, b: { type: "integer" } } },
    yes: [{}, { a: 1 }, { b: 2 }, { a: 1, b: 2 }],
    no: [{ c: 1 }],
    noText: ['{,"a":1}', '{"a":1,}'],
  },
  {
    name: "other members have other names",
    schema: {
      type: "object",
      properties: { ab: { type: "integer" } },
      required: ["ab"],
      additionalProperties: { type: "string" },
    },
    yes: [{ ab: 1 }, { ab: 1, a: "x" }, { ab: 1, abc: "x", "": "y" }],
    no: [{ ab: "x" }, { ab: 1, c: 2 }],
    noText: ['{"ab":1,"ab":"x"}'],
  },
  {
    name: "bounds of arrays",
    schema: { type: "array", items: { type: "integer" }, minItems: 2, maxItems: 3 },
    yes: [
      [1, 2],
      [1, 2, 3],
    ],
    no: [[], [1], [1, 2, 3, 4], ["a", "b"]],
  },
  {
    name: "a prefix of items",
    schema: { type: "array", prefixItems: [{ type: "string" }, { type: "integer" }], items: false },
    yes: [[], ["a"], ["a", 1]],
    no: [["a", 1, 2], [1]],
  },
  {
    name: "lengths of strings count characters",
    schema: { type: "string", minLength: 1, maxLength: 2 },
    yes: ["a", "é😀"],
    no: ["", "abc"],
  },
  {
    name: "pattern",
    schema: { type: "string", pattern: "^[A-Z]{2}-\\d+(?:a|b)?$" },
    yes: ["AB-1", "XY-123b"],
    no: ["A-1", "AB-", "AB-1c"],
  },
  {
    name: "format",
    schema: { type: "string", format: "date" },
    yes: ["2026-11-23"],
    no: ["2026-13-01", "today"],
  },
  {
    name: "allOf is merged",
    schema: {
      allOf: [
        { type: "object", properties: { a: { type: "integer" } }, required: ["a"] },
        { properties: { b: { type: "string" } }, required: ["b"] },
      ],
    },
    yes: [{ a: 1, b: "x" }],
    no: [{ a: 1 }, { b: "x" }],
  },
  {
    name: "references, also to itself",
    schema: {
      $ref: "#/$defs/tree",
      $defs: {
        tree: {
          type: "object",
          properties: {
            value: { type: "integer" },
            children: { type: "array", items: { $ref: "#/$defs/tree" } },
          },
          required: ["value"],
        },
      },
    },
    yes: [{ value: 1 }, { value: 1, children: [{ value: 2, children: [] }] }],
    no: [{}, { value: 1, children: [1] }],
  },
  { name: "anything", schema: {}, yes: [null, 1, "a", [1, { a: 2 }], {}], no: [] },
  {
    name: "an object without members named takes any",
    schema: { type: "object" },
    yes: [{}, { a: [1] }],
    no: [[], 1],
  },
];

describe("the grammar of a schema", () => {
  test.each(cases)("$name", ({ schema, yes, no, noText = [] }) => {
    const { grammar } = compileConstraint({ kind: "json-schema", schema });
    const texts = (values: unknown[]): string[] => values.map((value) => JSON.stringify(value));
    const spaced = (values: unknown[]): string[] =>
      values
        .filter((value) => !isFixed(schema, value))
        .map((value) => JSON.stringify(value, null, 2));
    expect(yes.flatMap((value) => validateJson(value, schema))).toEqual([]);
    const valid = [...texts(yes), ...spaced(yes), ...texts(yes).map((text) => `\n\n${text}`)];
    expect(valid.filter((text) => !accepts(grammar, text))).toEqual([]);
    const invalid = [...texts(no), ...noText];
    expect(invalid.filter((text) => accepts(grammar, text))).toEqual([]);
  });

  test("says which rules it cannot hold", () => {
    const { unheld } = compileConstraint({
      kind: "json-schema",
      schema: {
        type: "object",
        properties: {
          a: { type: "array", uniqueItems: true },
          b: { type: "number", multipleOf: 0.1 },
          c: { type: "string", pattern: "(?=x)x" },
        },
        not: { required: ["a"] },
      },
    });
    expect(unheld.map(({ keyword }) => keyword).toSorted()).toEqual([
      "multipleOf",
      "not",
      "pattern",
      "uniqueItems",
    ]);
  });
});
