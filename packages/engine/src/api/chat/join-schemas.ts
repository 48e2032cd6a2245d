import { isObject } from "@qwq-fit/wire";
import type { ChatTool, JsonSchema } from "@qwq-fit/wire";

/**
 * One schema for an answer that is any of these, or a call of one of the tools (`{"name":…,"arguments":…}`). Schemas refer
 * to their own definitions from their root: the references are moved with them.
 */
export function joinSchemas(
  answers: readonly JsonSchema[],
  tools: readonly ChatTool[],
): JsonSchema {
  const count = answers.length + tools.length;
  const place = (index: number): string => (count === 1 ? "#" : `#/anyOf/${index}`);
  const all = [
    ...answers.map((schema, index) => moveReferences(schema, place(index))),
    ...tools.map((tool, index) => callSchema(tool, place(answers.length + index))),
  ];
  const [first] = all;
  return count === 1 && first !== undefined ? first : { anyOf: all };
}

function callSchema({ function: { name, parameters } }: ChatTool, place: string): JsonSchema {
  const given = parameters ?? { type: "object" };
  return {
    type: "object",
    properties: {
      name: { const: name },
      arguments: moveReferences(given, `${place}/properties/arguments`),
    },
    required: ["name", "arguments"],
    additionalProperties: false,
  };
}

/** The schema with its local references pointing to where it stands now. */
function moveReferences(schema: JsonSchema, place: string): JsonSchema {
  return Object.fromEntries<unknown>(
    Object.entries(schema).map(([key, value]) => [key, moveIn(key, value, place)]),
  );
}

function moveIn(key: string, value: unknown, place: string): unknown {
  if (key === "$ref" && typeof value === "string" && value.startsWith("#")) {
    return place + value.slice(1);
  }
  // What is compared with is data, whatever it looks like.
  if (key === "const" || key === "enum") return value;
  if (Array.isArray(value)) return value.map((one: unknown) => moveIn("", one, place));
  return isObject(value) ? moveReferences(value, place) : value;
}
