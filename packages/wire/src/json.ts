/** A JSON object, fields unknown. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a parsed value is an object (not null, not an array). */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A field of an object if it is a string. */
export function stringField(value: unknown, name: string): string | undefined {
  if (!isObject(value)) return undefined;
  const field = value[name];
  return typeof field === "string" ? field : undefined;
}

/** A field of an object if it is a finite number. */
export function numberField(value: unknown, name: string): number | undefined {
  if (!isObject(value)) return undefined;
  const field = value[name];
  return typeof field === "number" && Number.isFinite(field) ? field : undefined;
}

/** The parsed text, or undefined where it is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
