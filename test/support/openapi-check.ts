import { Ajv2020 } from "ajv/dist/2020.js";
import { createSseDecoder } from "@qwq-fit/wire";

type Json = Readonly<Record<string, unknown>>;

/** A served OpenAPI document, to hold answers against. */
export interface OpenApiCheck {
  readonly document: Json;
  /** Every operation as "METHOD /path". */
  readonly operations: readonly string[];
  /** Operations of which a described answer (not an error) was held. */
  readonly held: ReadonlySet<string>;
  /** What is wrong with an answer; null for nothing. */
  check(method: string, path: string, response: Response): Promise<string | null>;
}

const get = (value: unknown, ...keys: readonly string[]): unknown =>
  keys.reduce<unknown>((inner, key) => Reflect.get(Object(inner), key), value);

/** The schema with every object closed that does not say that it is open: what is told and not described is found. */
function strict(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strict);
  if (typeof schema !== "object" || schema === null) return schema;
  const inner = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, strict(value)]),
  );
  return "properties" in schema && !("additionalProperties" in schema)
    ? { ...inner, additionalProperties: false }
    : inner;
}

/** Reads a document; its schemas are compiled where they are used. */
export function openApiCheck(document: Json): OpenApiCheck {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  const components = strict(get(document, "components"));
  const held = new Set<string>();
  const paths = Object.entries(Object(document["paths"]));
  const operations = paths.flatMap(([path, methods]) =>
    Object.keys(Object(methods)).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const problems = (schema: unknown, value: unknown): string | null => {
    const validate = ajv.compile({ ...Object(strict(schema)), components });
    return validate(value) ? null : ajv.errorsText(validate.errors);
  };
  const templateOf = (method: string, path: string): string | undefined =>
    operations.find((operation) => {
      const [name, template = ""] = operation.split(" ");
      const pattern = template.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^/]+");
      return name === method && new RegExp(`^${pattern}$`).test(path);
    });

  return {
    document,
    operations,
    held,
    check: async (method, path, response) => {
      const operation = templateOf(method, path);
      if (operation === undefined) return "is not described";
      const [, template = ""] = operation.split(" ");
      const responses = get(document, "paths", template, method.toLowerCase(), "responses");
      const described = get(responses, String(response.status));
      const answer = described ?? get(responses, "default");
      const type = (response.headers.get("content-type") ?? "").split(";")[0] ?? "";
      const text = await response.text();
      if (described !== undefined) held.add(operation);
      const content = get(answer, "content");
      if (content === undefined) return text === "" ? null : "has a body that is not described";
      const schema = get(content, type, "schema");
      if (schema === undefined) return `${response.status} ${type} is not described`;
      if (type !== "text/event-stream") {
        return type === "application/json" ? problems(schema, JSON.parse(text)) : null;
      }
      const decoder = createSseDecoder();
      const events = [...decoder.push(new TextEncoder().encode(text)), ...decoder.end()];
      if (events.length === 0) return "has no events";
      const eventSchema = get(content, type, "x-event-schema");
      for (const { data } of events) {
        if (data === null || data === "[DONE]") continue;
        const wrong = problems(eventSchema, JSON.parse(data));
        if (wrong !== null) return `event ${data}: ${wrong}`;
      }
      return null;
    },
  };
}
