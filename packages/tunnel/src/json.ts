/** A JSON object, fields unknown. */
export type Json = Readonly<Record<string, unknown>>;

/** Whether a parsed value is an object (not null, not an array). */
export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value if it is an object, else an empty one. */
export function objectOf(value: unknown): Json {
  return isObject(value) ? value : {};
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/** The JSON object that bytes hold in UTF-8; null for anything else. */
export function parseObject(bytes: Uint8Array): Json | null {
  try {
    const value: unknown = JSON.parse(decoder.decode(bytes));
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}
