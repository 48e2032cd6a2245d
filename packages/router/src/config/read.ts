/** One thing wrong with a configuration, and where. */
export interface ConfigProblem {
  /** "nodes[1].url". */
  readonly path: string;
  readonly message: string;
}

type Json = Readonly<Record<string, unknown>>;

/** Reads fields of untrusted JSON and collects every problem instead of stopping at the first. */
export interface FieldReader {
  readonly path: string;
  text(key: string, fallback?: string | null): string;
  textOrNull(key: string): string | null;
  number(key: string, fallback: number | null, least: number, most: number): number;
  numberOrNull(key: string, least: number, most: number): number | null;
  flag(key: string, fallback: boolean): boolean;
  choice<T extends string>(key: string, allowed: readonly [T, ...T[]], fallback: T | null): T;
  texts(key: string): readonly string[];
  list<T>(key: string, read: (item: FieldReader) => T): readonly T[];
  object(key: string): FieldReader;
  has(key: string): boolean;
  problem(key: string, message: string): void;
  /** Names that were not asked for: typing errors must not pass in silence. */
  finish(): void;
}

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const join = (path: string, key: string): string => (path === "" ? key : `${path}.${key}`);

/** A reader for one JSON object at `path`; problems go to `problems`. */
export function createFieldReader(
  value: unknown,
  path: string,
  problems: ConfigProblem[],
): FieldReader {
  const object: Json = isObject(value) ? value : {};
  const asked = new Set<string>(["$schema"]);
  const problem = (key: string, message: string): void => {
    problems.push({ path: join(path, key), message });
  };
  if (!isObject(value))
    problems.push({ path: path === "" ? "(root)" : path, message: "must be an object" });
  const get = (key: string): unknown => {
    asked.add(key);
    return object[key] ?? undefined;
  };
  const numberOf = (key: string, least: number, most: number): number | undefined => {
    const found = get(key);
    if (found === undefined) return undefined;
    if (typeof found === "number" && found >= least && found <= most) return found;
    problem(key, `must be a number from ${least} to ${most}`);
    return least;
  };
  return {
    path,
    problem,
    has: (key) => get(key) !== undefined,
    text: (key, fallback = null) => {
      const found = get(key);
      if (typeof found === "string" && found !== "") return found;
      if (found !== undefined || fallback === null)
        problem(key, "must be a text that is not empty");
      return fallback ?? "";
    },
    textOrNull: (key) => {
      const found = get(key);
      if (found === undefined) return null;
      if (typeof found === "string" && found !== "") return found;
      problem(key, "must be a text that is not empty, or left out");
      return null;
    },
    number: (key, fallback, least, most) => {
      const found = numberOf(key, least, most);
      if (found !== undefined) return found;
      if (fallback === null) problem(key, `is missing: a number from ${least} to ${most}`);
      return fallback ?? least;
    },
    numberOrNull: (key, least, most) => numberOf(key, least, most) ?? null,
    flag: (key, fallback) => {
      const found = get(key);
      if (typeof found === "boolean") return found;
      if (found !== undefined) problem(key, "must be true or false");
      return fallback;
    },
    choice: (key, [first, ...others], fallback) => {
      const allowed = [first, ...others];
      const found = get(key);
      const known = allowed.find((one) => one === found);
      if (known !== undefined) return known;
      if (found !== undefined || fallback === null)
        problem(key, `must be one of ${allowed.join(", ")}`);
      return fallback ?? first;
    },
    texts: (key) => {
      const found = get(key);
      if (found === undefined) return [];
      if (!Array.isArray(found)) {
        problem(key, "must be a list of texts");
        return [];
      }
      return found.flatMap((item: unknown, i) => {
        if (typeof item === "string" && item !== "") return [item];
        problem(`${key}[${i}]`, "must be a text that is not empty");
        return [];
      });
    },
    list: (key, read) => {
      const found = get(key);
      if (found === undefined) return [];
      if (!Array.isArray(found)) {
        problem(key, "must be a list");
        return [];
      }
      return found.map((item: unknown, i) => {
        const reader = createFieldReader(item, join(path, `${key}[${i}]`), problems);
        const made = read(reader);
        reader.finish();
        return made;
      });
    },
    object: (key) => {
      const found = get(key);
      return createFieldReader(found ?? {}, join(path, key), problems);
    },
    finish: () => {
      for (const key of Object.keys(object)) {
        if (!asked.has(key)) problem(key, "is not a known setting");
      }
    },
  };
}
