import type * as z from "zod/mini";

/** A schema whose output is `T`; parse with `validate`. */
export type Validator<T> = z.ZodMiniType<T>;

type Plain<T> = T extends readonly (infer Item)[]
  ? readonly Plain<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Plain<T[Key]> }
    : T;

/* oxlint-disable typescript/no-unnecessary-type-parameters -- T is what keeps the two conditions open */
/** True where two types are identical: the compiler relates two open conditional types only then. */
type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/* oxlint-enable typescript/no-unnecessary-type-parameters */

/**
 * Holds a schema to an interface: `exactly<T>()(schema)` compiles only where the schema's output and `T` are the same
 * type (readonly aside), so that an interface and its validator cannot drift apart.
 */
export function exactly<T>(): <S extends z.ZodMiniType>(
  schema: Same<Plain<z.output<S>>, Plain<T>> extends true ? S : never,
) => Validator<T> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the parameter's type has just proved it
  return (schema) => schema as unknown as Validator<T>;
}
