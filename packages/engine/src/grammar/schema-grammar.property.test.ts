import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { grammarReader } from "../testing/grammar-reader.ts";
import type { Accepts } from "../testing/grammar-reader.ts";
import { compileConstraint } from "./constraint-grammar.ts";
import { patternRule } from "./pattern-rule.ts";

let accepts: Accepts;
beforeAll(async () => {
  accepts = await grammarReader();
});

describe("the grammar of any schema", () => {
  test("integers: exactly those within the bounds", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -3000, max: 3000 }),
        fc.nat(5000),
        fc.array(fc.integer({ min: -9000, max: 9000 }), { minLength: 5, maxLength: 20 }),
        (minimum, width, samples) => {
          const maximum = minimum + width;
          const { grammar } = compileConstraint({
            kind: "json-schema",
            schema: { type: "integer", minimum, maximum },
          });
          const edges = [minimum - 1, minimum, maximum, maximum + 1];
          for (const value of [...samples, ...edges]) {
            expect(accepts(grammar, String(value))).toBe(value >= minimum && value <= maximum);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test("members of other names: any name but those that are taken", () => {
    const name = fc.string({ unit: fc.constantFrom("a", "b", "é", "-", "]"), maxLength: 4 });
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 4 }), name, (taken, other) => {
        const { grammar } = compileConstraint({
          kind: "json-schema",
          schema: {
            type: "object",
            properties: Object.fromEntries(taken.map((one) => [one, { const: 0 }])),
            additionalProperties: { const: 1 },
          },
        });
        expect(accepts(grammar, JSON.stringify({ [other]: 1 }))).toBe(!taken.includes(other));
      }),
      { numRuns: 100 },
    );
  });

  test.each(["a(?!b)", "\\bx", "(a)\\1", '"', "[\\u0041]"])(
    "no rule for the pattern %s",
    (pattern) => {
      expect(patternRule(pattern)).toBeNull();
    },
  );
});
