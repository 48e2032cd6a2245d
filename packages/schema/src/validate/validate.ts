import en from "zod/v4/locales/en.js";
import * as z from "zod/mini";
import { QwqError } from "../errors.ts";
import type { Validator } from "./exactly.ts";

/** Faults told in one message; more than these help nobody. */
const MAX_TOLD = 3;

/**
 * `value` as the type of `validator`, or an error that says where it differs.
 *
 * @param name - What the value is, for the message: a file's path, "stdin".
 * @throws {QwqError} `invalid_configuration` with the first differing paths.
 */
export function validate<T>(validator: Validator<T>, value: unknown, name: string): T {
  const result = z.safeParse(validator, value, { error: en().localeError });
  if (result.success) return result.data;
  const told = result.error.issues.slice(0, MAX_TOLD).map((issue) => {
    const path = issue.path.length === 0 ? "" : `${issue.path.map(String).join(".")}: `;
    return `${path}${issue.message || issue.code}`;
  });
  const more = result.error.issues.length - told.length;
  throw new QwqError(
    "invalid_configuration",
    `${name}: ${told.join("; ")}${more > 0 ? `; and ${more} more` : ""}`,
  );
}
