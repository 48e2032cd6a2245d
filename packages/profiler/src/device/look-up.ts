/** The row of a table, or null. The key is another program's word: "__proto__" and "constructor" are in every object. */
export function lookUp<T>(table: Readonly<Record<string, T>>, key: string): T | null {
  return Object.hasOwn(table, key) ? (table[key] ?? null) : null;
}
