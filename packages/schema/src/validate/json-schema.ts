import * as z from "zod/mini";
import type { Validator } from "./exactly.ts";

/** A JSON Schema as plain JSON. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * The validator as a JSON Schema (draft 2020-12), for editors. A `$schema` line is allowed in the file itself, so that
 * an editor finds it; what a schema cannot say (the order of a range) is left to the validator.
 */
export function jsonSchemaOf(validator: Validator<unknown>, title: string): JsonSchema {
  const schema = z.toJSONSchema(validator, { io: "input" });
  const { properties } = schema;
  return {
    ...schema,
    title,
    ...(properties === undefined
      ? {}
      : { properties: { $schema: { type: "string" }, ...properties } }),
  };
}
