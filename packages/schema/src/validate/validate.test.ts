import * as z from "zod/mini";
import { describe, expect, test } from "vitest";
import type { Estimate } from "../estimate.ts";
import { exactly } from "./exactly.ts";
import { estimate, sourcedNumber, validate } from "./index.ts";

const GOOD = {
  low: 1,
  expected: 2,
  high: 3,
  coverage: 0.8,
  method: "predicted",
  sources: ["a table"],
} as const;

describe("validate", () => {
  test("gives the value back", () => {
    expect(validate<Estimate>(estimate, GOOD, "it")).toEqual(GOOD);
  });

  test.for([
    ["a range out of order", { ...GOOD, low: 5 }, "not in order"],
    ["a coverage above 1", { ...GOOD, coverage: 2 }, "coverage: "],
    ["an unknown key", { ...GOOD, extra: 1 }, "extra"],
    ["a wrong type", { ...GOOD, sources: "here" }, "sources: "],
    ["a number that is none", { ...GOOD, high: Number.NaN }, "high: "],
  ] as const)("refuses %s and says where", ([, value, said]) => {
    expect(() => validate(estimate, value, "file.json")).toThrow(
      expect.objectContaining({
        code: "invalid_configuration",
        message: expect.stringMatching(new RegExp(`^file\\.json: .*${said}`, "u")) as string,
      }),
    );
  });

  test("tells three faults at most, and how many more there are", () => {
    expect(() => validate(estimate, {}, "it")).toThrow(/and 3 more$/u);
  });

  test("a figure without a source is refused", () => {
    expect(() => validate(sourcedNumber, { value: 1, source: "" }, "it")).toThrow(/source/u);
  });
});

describe("exactly", () => {
  // What is tested here is that these lines compile, or do not: `pnpm run check:types` fails if an expected error is gone.
  test("holds a schema to its interface", () => {
    interface Pair {
      readonly left: number;
      readonly right?: string;
    }
    const schema = exactly<Pair>()(
      z.strictObject({ left: z.number(), right: z.exactOptional(z.string()) }),
    );
    // @ts-expect-error a key is missing
    exactly<Pair>()(z.strictObject({ left: z.number() }));
    // @ts-expect-error a key is too many
    exactly<{ readonly left: number }>()(z.strictObject({ left: z.number(), more: z.number() }));
    // @ts-expect-error a type is wider
    exactly<{ readonly kind: "a" }>()(z.strictObject({ kind: z.string() }));
    // @ts-expect-error a type is narrower
    exactly<{ readonly kind: "a" | "b" }>()(z.strictObject({ kind: z.enum(["a"]) }));
    expect(validate(schema, { left: 1 }, "it")).toEqual({ left: 1 });
  });
});
