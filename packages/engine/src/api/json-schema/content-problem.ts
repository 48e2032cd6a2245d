import type { JsonSchema } from "@qwq-fit/wire";
import { schemaProblem } from "./schema-problem.ts";

/** What a content has to be. */
export type ContentRule =
  | { readonly kind: "text" }
  | { readonly kind: "json" }
  | { readonly kind: "schema"; readonly schema: JsonSchema };

/** Why a whole content breaks its rule, or null. Quotes nothing of the content. */
export function contentProblem(content: string, rule: ContentRule): string | null {
  if (rule.kind === "text") return null;
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    return "it is no JSON";
  }
  return rule.kind === "json" ? null : schemaProblem(value, rule.schema);
}
