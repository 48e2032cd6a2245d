/** A JSON object whose members are not known yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Parses text that should be JSON; null where it is not. Text before the first brace (banners, warnings) is skipped. */
export function parseJson(text: string): unknown {
  const start = text.search(/[[{]/);
  if (start < 0) return null;
  try {
    const value: unknown = JSON.parse(text.slice(start));
    return value;
  } catch {
    return null;
  }
}

/** The value as an object, or an empty one. */
export function asObject(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value as a list of objects; what is none is left out. At most `limit` of them. */
export function asObjects(value: unknown, limit = 1024): readonly JsonObject[] {
  return Array.isArray(value) ? value.slice(0, limit).filter(isObject) : [];
}

/** The value as a text that is not empty, or null. */
export function asText(value: unknown): string | null {
  return typeof value === "string" && value.trim() !== "" ? value.trim().slice(0, 500) : null;
}

/** The value as a finite number that is not negative, or null; digits in a string count. */
export function asNumber(value: unknown): number | null {
  const number =
    typeof value === "string" && /^\s*\d+(?:\.\d+)?\s*$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) && number >= 0 ? number : null;
}
