/** A JSON Schema (2020-12), as OpenAPI 3.1 has them. */
export type Schema = { readonly [keyword: string]: unknown };

export const text: Schema = { type: "string" };
export const flag: Schema = { type: "boolean" };
export const number: Schema = { type: "number" };
export const count: Schema = { type: "integer", minimum: 0 };
/** Anything at all. */
export const any: Schema = {};

export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
export const list = (items: Schema): Schema => ({ type: "array", items });
export const oneOf = (...values: readonly string[]): Schema => ({ type: "string", enum: values });
export const constant = (value: string): Schema => ({ type: "string", const: value });

/** The schema, or null. */
export function orNull(schema: Schema): Schema {
  const { type } = schema;
  return typeof type === "string" && schema["enum"] === undefined && schema["const"] === undefined
    ? { ...schema, type: [type, "null"] }
    : { anyOf: [schema, { type: "null" }] };
}

type Properties = Readonly<Record<string, Schema>>;

/** An object of these properties, all of which are there; `maybe` may be left out. */
export function object(properties: Properties, maybe: Properties = {}): Schema {
  return {
    type: "object",
    properties: { ...properties, ...maybe },
    required: Object.keys(properties),
  };
}

/** The same, where nodes send more than is named: what passes through is not ours to list. */
export const open = (properties: Properties, maybe: Properties = {}): Schema => ({
  ...object(properties, maybe),
  additionalProperties: true,
});

export const described = (description: string, schema: Schema): Schema => ({
  ...schema,
  description,
});
