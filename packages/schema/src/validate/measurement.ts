import * as z from "zod/mini";
import type { Measurement } from "../measurement.ts";
import { exactly } from "./exactly.ts";
import type { Validator } from "./exactly.ts";
import { amount, bytes, count, positiveCount, text } from "./primitives.ts";

/** {@link Measurement}: a row of profiles/measurements. */
export const measurement: Validator<Measurement> = exactly<Measurement>()(
  z.strictObject({
    id: z.union([z.string(), z.number()]),
    hardware: text,
    count: positiveCount,
    model: text,
    quantization: text,
    engine: text,
    backend: z.string(),
    contextTokens: z.nullable(count),
    promptTokensPerSecond: z.nullable(amount),
    decodeTokensPerSecond: z.nullable(amount),
    metric: z.string(),
    fullyOffloaded: z.boolean(),
    watts: z.nullable(amount),
    weightBytesPerToken: z.nullable(bytes),
    grade: z.enum(["A", "B", "C"]),
    date: z.nullable(z.string()),
    source: text,
    note: z.nullable(z.string()),
  }),
);
