/** A schema in normal form: what a grammar can be written from. */
export type SchemaNode =
  | { readonly kind: "any" }
  /** Nothing is valid. */
  | { readonly kind: "never" }
  | { readonly kind: "null" }
  | { readonly kind: "boolean" }
  | { readonly kind: "integer"; readonly min: bigint | null; readonly max: bigint | null }
  | { readonly kind: "number"; readonly min: number | null; readonly max: number | null }
  | {
      readonly kind: "string";
      readonly minLength: number;
      readonly maxLength: number | null;
      readonly pattern: string | null;
      readonly format: StringFormat | null;
    }
  | { readonly kind: "values"; readonly values: readonly unknown[] }
  | {
      readonly kind: "array";
      readonly prefix: readonly SchemaNode[];
      readonly items: SchemaNode;
      readonly min: number;
      readonly max: number | null;
    }
  | {
      readonly kind: "object";
      readonly properties: readonly SchemaProperty[];
      /** Of members that are not named; null where none may be. */
      readonly additional: SchemaNode | null;
    }
  | { readonly kind: "union"; readonly options: readonly SchemaNode[] }
  /** Another schema of the document, by its pointer; may be recursive. */
  | { readonly kind: "reference"; readonly pointer: string };

export interface SchemaProperty {
  readonly name: string;
  readonly required: boolean;
  readonly node: SchemaNode;
}

export type StringFormat = "date" | "time" | "date-time" | "uuid";

/** A rule of the schema that the grammar does not hold; the answer is checked against it afterwards. */
export interface Unheld {
  /** JSON pointer of the schema. */
  readonly pointer: string;
  readonly keyword: string;
}

/** A whole schema in normal form. */
export interface NormalSchema {
  readonly root: SchemaNode;
  /** By pointer: the schemas that references name. */
  readonly definitions: ReadonlyMap<string, SchemaNode>;
  readonly unheld: readonly Unheld[];
}

export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
