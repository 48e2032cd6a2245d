import * as z from "zod/mini";
import type { Estimate, SourcedNumber } from "../estimate.ts";
import { exactly } from "./exactly.ts";
import type { Validator } from "./exactly.ts";

/** A count of bytes: a whole number from 0. */
export const bytes: Validator<number> = z.int().check(z.nonnegative());
/** A count of tokens, cores, layers: a whole number from 0. */
export const count: Validator<number> = z.int().check(z.nonnegative());
/** A count from 1. */
export const positiveCount: Validator<number> = z.int().check(z.positive());
/** A finite number from 0. */
export const amount: Validator<number> = z.number().check(z.nonnegative());
/** A text that is not empty. */
export const text: Validator<string> = z.string().check(z.minLength(1));

/** {@link Estimate}; the order of low, expected and high is part of it. */
export const estimate: Validator<Estimate> = exactly<Estimate>()(
  z
    .strictObject({
      low: z.number(),
      expected: z.number(),
      high: z.number(),
      coverage: z.number().check(z.gte(0), z.lte(1)),
      method: z.enum(["measured", "rehearsed", "predicted"]),
      sources: z.array(z.string()),
    })
    .check(
      z.refine(({ low, expected, high }) => low <= expected && expected <= high, {
        error: "low, expected and high are not in order",
      }),
    ),
);

/** {@link SourcedNumber}; the source is never empty. */
export const sourcedNumber: Validator<SourcedNumber> = exactly<SourcedNumber>()(
  z.strictObject({
    value: z.number(),
    source: text,
    unverified: z.exactOptional(z.boolean()),
  }),
);
