/** Deeper than any schema that is meant; code that walks a schema by recursion stands far more. */
export const MAX_SCHEMA_DEPTH = 256;

/** Whether a JSON value nests at most `levels` deep. Walks it level by level, not by recursion. */
export function nestsWithin(value: unknown, levels: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; depth <= levels; depth += 1) {
    const next: unknown[] = [];
    for (const one of level) {
      if (typeof one !== "object" || one === null) continue;
      for (const field of Object.values(one)) next.push(field);
    }
    if (next.length === 0) return true;
    level = next;
  }
  return false;
}
