import { QwqError } from "@qwq-fit/schema";
import type { GenerateConstraint } from "../generate-request.ts";

export function constraintGrammar(constraint: GenerateConstraint): string {
  if (constraint.kind === "gbnf") return constraint.text;
  throw new QwqError("unsupported_combination", "JSON constraints are not built yet.");
}
