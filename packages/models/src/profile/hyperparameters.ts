import { QwqError } from "@qwq-fit/schema";

/** Hyperparameters by GGUF key, the architecture's prefix cut: "block_count", "attention.head_count_kv", … */
export type Hyperparameters = Readonly<
  Record<string, number | boolean | string | readonly number[]>
>;

/** A number that the engine demands. An array gives its first element. @throws QwqError `unsupported_model`. */
export function requiredNumber(values: Hyperparameters, key: string): number {
  const value = optionalNumber(values, key);
  if (value === null) {
    throw new QwqError("unsupported_model", `the model does not state "${key}"`, {
      hint: "The file may hold a projector, an adapter or a vocabulary instead of a language model.",
    });
  }
  return value;
}

/** A number, or null where the key is not there. An array gives its first element. */
export function optionalNumber(values: Hyperparameters, key: string): number | null {
  const value = values[key];
  if (typeof value === "number") return value;
  if (typeof value === "object") return value[0] ?? null;
  return null;
}

/** A number with the engine's default for where it is not stated. */
export function numberOr(values: Hyperparameters, key: string, fallback: number): number {
  return optionalNumber(values, key) ?? fallback;
}

/**
 * A key that may hold one number for all blocks or one for each
 * (llama.cpp v0.5.0 src/llama-model-loader.cpp, get_key_or_arr).
 */
export function numberOfBlock(
  values: Hyperparameters,
  key: string,
  block: number,
  fallback: number,
): number {
  const value = values[key];
  if (typeof value === "number") return value;
  if (typeof value === "object") return value[block] ?? fallback;
  return fallback;
}
