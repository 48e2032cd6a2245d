import type { JsonSchema } from "@qwq-fit/wire";
import { validateJson } from "../../grammar/validate-json.ts";

/** What a content has to be. */
export type ContentRule =
  | { readonly kind: "text" }
  | { readonly kind: "json" }
  | { readonly kind: "schema"; readonly schema: JsonSchema };

/** Why a whole content breaks its rule, or null. Names places and words of the schema, no text of the content. */
export function contentProblem(content: string, rule: ContentRule): string | null {
  if (rule.kind === "text") return null;
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    return "it is no whole JSON";
  }
  const schema = rule.kind === "json" ? { type: "object" } : rule.schema;
  const [first] = validateJson(value, schema);
  return first === undefined ? null : `at "${first.at}" it ${first.message}`;
}
