/** A JSON object's fields, or none where the value is no object. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? Object.fromEntries(Object.entries(value)) : {};
}

/** A field that is a text, else null. */
export function textField(value: unknown, key: string): string | null {
  const field = fieldsOf(value)[key];
  return typeof field === "string" ? field : null;
}

/** A field that is a finite number, else null. */
export function numberField(value: unknown, key: string): number | null {
  const field = fieldsOf(value)[key];
  return typeof field === "number" && Number.isFinite(field) ? field : null;
}

/** A field that is a list, else an empty one. */
export function listField(value: unknown, key: string): readonly unknown[] {
  const field = fieldsOf(value)[key];
  return Array.isArray(field) ? field : [];
}
